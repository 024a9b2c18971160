// How every seed ends: all is healed, and then all has to become well.
#include "hospital.hpp"

namespace stint::simulation {

namespace {

/// Changes on their way between the servers arrive within this time.
constexpr Seconds longest_lag{90};
constexpr Seconds longest_delivery_pause{300};

}  // namespace

void Hospital::end_well() {
    // What is due now, or falls due while we wait, is out within two minutes; back-off is a minute at the most.
    pass(has_lag_ ? longest_lag + Seconds(120) : Seconds(120));
    check();
    {
        const Disk::Calm calm(disk_);
        witness_.check_healed(*store_);
    }
    lend_to_newcomer();
    deliver_the_rest();
    const std::string broken = staff_.broken_promise(*store_, true);
    require(broken.empty(), broken);
    judge_messages();
}

void Hospital::lend_to_newcomer() {
    staff_.ask_as_newcomer(app_->service(), *io_);
    pass(Seconds(5));
    const auto grant = store_->grant(staff_.filed());
    require(grant && grant->state == GrantState::ready, "all is well, and yet nothing is lent");
    for (const std::string group : {"g1", "g2"}) require(directory_.replicas().settled({group, newcomer}).is_present, "ready, and yet no member of " + group);
    pass(Seconds(60));
    check();
    require(store_->grant(staff_.filed())->state == GrantState::closed, "all is well, and yet an end takes long");
    for (const std::string group : {"g1", "g2"}) require(!directory_.replicas().settled({group, newcomer}).is_present, "closed, and yet a member of " + group);
}

/// A clock that was set back keeps what was postponed waiting for as long.
void Hospital::deliver_the_rest() {
    const Utc last = std::max(witness_.latest_committed(), clock_.now().utc) + longest_delivery_pause + Seconds(60);
    while (store_->owed_count() > 0 && clock_.now().utc < last) pass(Seconds(20));
    require(store_->owed_count() == 0, "a message is never delivered");
}

void Hospital::judge_messages() const {
    for (const auto& [id, has_closed] : witness_.grants()) {
        if (!has_closed) continue;
        for (const Postbox& box : post_) require(box.has("closed", id), "nobody was told on " + box.name() + " that grant " + std::to_string(id.value) + " has closed");
    }
}

}  // namespace stint::simulation
