// notify-inbox: a folder of messages that a person can read.
#include "plugins/notify-inbox/inbox.hpp"

int main() {
    boost::asio::io_context io(1);
    stint::notify_inbox::Inbox inbox;
    return stint::sdk::serve(io, inbox);
}
