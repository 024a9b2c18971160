// A layer of liblber's Sockbuf right above the socket. All but writes passes through it.
#include "plugins/directory-ldap/outflow.hpp"

#include <ldap.h>

#include <cerrno>
#include <stdexcept>

namespace stint::directory_ldap {
namespace {

constexpr int above_the_socket = LBER_SBIOD_LEVEL_PROVIDER + 1;

int begin(Sockbuf_IO_Desc* layer, void* outflow) {
    layer->sbiod_pvt = outflow;
    return 0;
}

int end(Sockbuf_IO_Desc*) { return 0; }

int control(Sockbuf_IO_Desc* layer, int option, void* value) { return LBER_SBIOD_CTRL_NEXT(layer, option, value); }

ber_slen_t read(Sockbuf_IO_Desc* layer, void* bytes, ber_len_t size) { return LBER_SBIOD_READ_NEXT(layer, bytes, size); }

ber_slen_t write(Sockbuf_IO_Desc* layer, void* bytes, ber_len_t size) {
    auto* outflow = static_cast<Outflow*>(layer->sbiod_pvt);
    const ber_slen_t count = LBER_SBIOD_WRITE_NEXT(layer, bytes, size);
    const int error = errno;
    ++outflow->writes;
    outflow->is_clogged = count < 0 ? error == EAGAIN || error == EWOULDBLOCK : static_cast<ber_len_t>(count) < size;
    errno = error;  // libldap asks for it
    return count;
}

}  // namespace

void watch_outflow(LDAP* handle, Outflow& outflow) {
    static Sockbuf_IO layer{begin, end, control, read, write, end};
    Sockbuf* buffer = nullptr;
    if (::ldap_get_option(handle, LDAP_OPT_SOCKBUF, &buffer) != LDAP_OPT_SUCCESS || buffer == nullptr ||
        ::ber_sockbuf_add_io(buffer, &layer, above_the_socket, &outflow) != 0)
        throw std::runtime_error("libldap does not show its socket");
}

}  // namespace stint::directory_ldap
