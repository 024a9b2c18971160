// directory-embedded: people and groups in a file that a person can edit.
#include "plugins/directory-embedded/embedded_directory.hpp"

int main() {
    boost::asio::io_context io(1);
    stint::directory_embedded::EmbeddedDirectory directory(io.get_executor());
    return stint::sdk::serve(io, directory);
}
