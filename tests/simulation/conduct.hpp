// Watches how the broker treats the directory: one operation at a time on a membership, none while the fate of an
// earlier one is open, and nothing taken away that a living grant holds or that somebody else gave. It knows what was
// sent and what was answered, not what the broker made of it.
#pragma once

#include "replicas.hpp"

#include <map>
#include <set>
#include <string>

namespace stint::simulation {

/// What lends a membership at this moment, by the records and the hospital's own account of the ends.
enum class Lending {
    none,      ///< no grant, or all have closed
    ending,    ///< grants that are past their end, or closing
    living,    ///< a grant that was open already before this moment, and is not past its end
};

class Conduct {
public:
    explicit Conduct(BootTime settle) : settle_(settle) {}

    /// `seen` stands at the server that is asked.
    void sends(const Pair& pair, bool is_add, Lending lending, const Entry& seen, BootTime now);
    /// The broker knows: done, or a definite no, or never sent.
    void answered(const Pair& pair) { under_way_.erase(pair); }
    /// The broker knows nothing of what became of it.
    void unanswered(const Pair& pair, BootTime now);
    /// A reading that was told to the broker.
    void read(const Pair& pair, bool is_present);
    /// All that is under way has an open fate from here on.
    void crash(BootTime now);
    void broken(const std::string& what, const Pair& pair);
    /// The next life starts with these intents (value: it is an addition). It may take an addition for sent that was not.
    /// Of a removal that was sent while nothing could be written it knows nothing, and may send another.
    void starts(const std::map<Pair, bool>& intents);

    [[nodiscard]] const std::map<Pair, bool>& under_way() const { return under_way_; }  ///< value: it is an addition
    [[nodiscard]] const std::string& violation() const { return violation_; }

private:
    struct Open {
        BootTime since{};
        bool is_add = false;
    };

    BootTime settle_;
    std::map<Pair, bool> under_way_;
    std::map<Pair, Open> open_;          ///< the fate is open
    std::set<Pair> unproved_;            ///< an addition that was never answered, at any time
    std::string violation_;
};

}  // namespace stint::simulation
