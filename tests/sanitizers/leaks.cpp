// What LeakSanitizer passes over where libldap is at work: leaks of libraries, each with its reason; nothing of ours
// belongs here. Linked by a sanitized build alone, since the plugin host hands no environment on.

extern "C" const char* __asan_default_options();        // NOLINT: the sanitizer's own names
extern "C" const char* __lsan_default_suppressions();  // NOLINT

// The libraries have no frame pointers: without their own frames nothing could be told apart.
extern "C" const char* __asan_default_options() { return "fast_unwind_on_malloc=0"; }

// libldap 2.5 makes a GnuTLS priority cache for a handle's TLS context and overwrites it when the handle's own minimum
// version is set, and forgets the certificate and key it read for the context: some kilobytes for each connection made,
// none for an operation. Of a notice of disconnection it forgets the text (try_read1msg).
extern "C" const char* __lsan_default_suppressions() {
    return "leak:gnutls_priority_init\nleak:gnutls_x509_privkey_\nleak:gnutls_x509_crt_\nleak:ber_get_stringa_null\n";
}
