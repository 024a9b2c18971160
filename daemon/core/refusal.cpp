// The texts of the refusals, from the one table in the header.
#include "core/refusal.hpp"

namespace stint {

std::string_view to_text(RefusalCode code) {
    switch (code) {
#define STINT_X(name, cls, what, advice) \
    case RefusalCode::name: return #name;
        STINT_REFUSALS(STINT_X)
#undef STINT_X
    }
    return "";
}

RefusalClass class_of(RefusalCode code) {
    switch (code) {
#define STINT_X(name, cls, what, advice) \
    case RefusalCode::name: return RefusalClass::cls;
        STINT_REFUSALS(STINT_X)
#undef STINT_X
    }
    return RefusalClass::malformed;
}

std::string_view what_is_wrong(RefusalCode code) {
    switch (code) {
#define STINT_X(name, cls, what, advice) \
    case RefusalCode::name: return what;
        STINT_REFUSALS(STINT_X)
#undef STINT_X
    }
    return "";
}

std::string_view what_to_do(RefusalCode code) {
    switch (code) {
#define STINT_X(name, cls, what, advice) \
    case RefusalCode::name: return advice;
        STINT_REFUSALS(STINT_X)
#undef STINT_X
    }
    return "";
}

}  // namespace stint
