// ticket-embedded: tickets in a file that a person can edit.
#include "plugins/ticket-embedded/embedded_tickets.hpp"

int main() {
    boost::asio::io_context io(1);
    stint::ticket_embedded::EmbeddedTickets tickets;
    return stint::sdk::serve(io, tickets);
}
