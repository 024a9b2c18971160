// Records as they were last read or written. One connection alone writes the database, and says so when another one
// did; what a transaction that is given up had changed is forgotten with it.
#pragma once

#include "core/grant.hpp"
#include "core/membership.hpp"
#include "core/request.hpp"
#include "core/review.hpp"

#include <cstdint>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace stint {

class Recent {
public:
    /// The record under this number, `find` asked when it is not known; also that there is none is known.
    template <class Record, class Find>
    std::optional<Record> one(std::int64_t id, const Find& find) {
        if (!is_on_) return find();
        auto& known = std::get<Known<Record>>(all_);
        if (const auto found = known.find(id); found != known.end()) return found->second;
        return room_in(known).emplace(id, find()).first->second;
    }
    template <class Record>
    void put(std::int64_t id, const Record& record) {
        if (is_on_) room_in(std::get<Known<Record>>(all_)).insert_or_assign(id, record);
        else std::get<Known<Record>>(all_).erase(id);
    }
    /// Who holds a membership; `find` asked when it is not known.
    template <class Find>
    std::vector<RequestId> holders(MembershipId id, const Find& find) {
        if (!is_on_) return find();
        if (const auto found = holders_.find(id.value); found != holders_.end()) return found->second;
        return room_in(holders_).emplace(id.value, find()).first->second;
    }
    void forget_holders() { holders_.clear(); }
    void forget_holders(MembershipId id) { holders_.erase(id.value); }
    void forget() {
        std::apply([](auto&... known) { (known.clear(), ...); }, all_);
        holders_.clear();
    }
    /// Off at first: what is read is read from the database.
    void set_on(bool is_on) { is_on_ = is_on; }

private:
    /// So many of each: more than are under way at a time.
    static constexpr std::size_t at_most = 512;
    template <class Record> using Known = std::unordered_map<std::int64_t, std::optional<Record>>;
    template <class Map>
    static Map& room_in(Map& known) {
        if (known.size() >= at_most) known.clear();
        return known;
    }
    std::tuple<Known<Request>, Known<Grant>, Known<Review>, Known<Membership>> all_;
    std::unordered_map<std::int64_t, std::vector<RequestId>> holders_;
    bool is_on_ = false;
};

}  // namespace stint
