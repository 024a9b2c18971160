// Starting background coroutines.
#include "app/world.hpp"

#include "log/log.hpp"

#include <boost/asio/co_spawn.hpp>

namespace stint {

void spawn(World& world, const char* what, boost::asio::awaitable<void> task) {
    boost::asio::co_spawn(world.io, std::move(task), [what](std::exception_ptr error) {
        if (!error) return;
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& exception) {
            log::error("task_failed", {{"task", what}, {"why", exception.what()}});
        }
    });
}

}  // namespace stint
