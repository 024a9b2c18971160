// Random histories for a ModelWorld: people, time, faults, crashes and a rival administrator, step by step.
#pragma once

#include "model_world.hpp"

#include <rapidcheck.h>

#include <ostream>
#include <string>
#include <vector>

namespace stint::test {

inline const std::vector<std::string> logins{"ada", "ben", "cho", "dee", "eve", "sam"};
inline const std::vector<std::string> entitlements{"one", "both", "two"};
inline const std::vector<std::string> groups{"g1", "g2"};

/// One step, told by four small numbers, so that a failing history shrinks and prints itself.
struct Step {
    int kind = 0, who = 0, what = 0, how = 0;
};

inline std::ostream& operator<<(std::ostream& out, const Step& step) {
    return out << '{' << step.kind << ',' << step.who << ',' << step.what << ',' << step.how << '}';
}

inline void take(ModelWorld& world, const Step& step) {
    const std::string& login = logins[static_cast<std::size_t>(step.who) % logins.size()];
    const std::string& entitlement = entitlements[static_cast<std::size_t>(step.what) % entitlements.size()];
    const std::string& group = groups[static_cast<std::size_t>(step.what) % groups.size()];
    const auto requests = world.requests();
    const RequestId id = requests.empty() ? RequestId{1} : requests[static_cast<std::size_t>(step.what) % requests.size()];
    switch (step.kind) {
    case 0: world.file(login, entitlement, Seconds(60 + step.how * 100)); break;
    case 1: world.break_glass(login, entitlement); break;
    case 2: world.decide(login, id, step.how % 4 != 0); break;
    case 3: world.open_approved(); break;
    case 4: world.pass(Seconds(step.how * 20)); break;
    case 5: world.release(login, id); break;
    case 6: world.revoke(login, id); break;
    case 7: world.cancel(login, id); break;
    case 8: world.review(login, id); break;
    case 9: world.extend(login, id, Seconds(100 + step.how * 50)); break;
    case 10:
    case 11: world.reconcile_all(static_cast<Fate>(step.how % 6)); break;
    case 12: world.reconcile_all(Fate::applied); break;
    case 13: world.crash(); break;
    case 14: step.how % 2 == 0 ? world.rival_add(group, login) : world.rival_remove(group, login); break;
    case 15: world.enable(login, step.how % 2 == 0); break;
    case 16: world.pass(Seconds(1), Seconds((step.how - 5) * 300)); break;
    default: break;
    }
}

inline rc::Gen<Step> steps() {
    return rc::gen::build<Step>(rc::gen::set(&Step::kind, rc::gen::inRange(0, 17)), rc::gen::set(&Step::who, rc::gen::inRange(0, 6)),
                                rc::gen::set(&Step::what, rc::gen::inRange(0, 12)), rc::gen::set(&Step::how, rc::gen::inRange(0, 10)));
}

}  // namespace stint::test
