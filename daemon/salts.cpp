// RAND_bytes(3ssl).
#include "salts.hpp"

#include <openssl/rand.h>

#include <stdexcept>

namespace stint {

SaltSource system_salts() {
    return [](Salt& salt) {
        if (RAND_bytes(reinterpret_cast<unsigned char*>(salt.data()), static_cast<int>(salt.size())) != 1) {
            throw std::runtime_error("the system's random generator failed");
        }
    };
}

}  // namespace stint
