// notify-smtp: tells people by mail.
#include "plugins/notify-smtp/mailer.hpp"

int main() {
    boost::asio::io_context io(1);
    stint::notify_smtp::start_curl();
    stint::notify_smtp::Mailer mailer;
    return stint::sdk::serve(io, mailer);
}
