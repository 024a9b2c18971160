// What LeakSanitizer passes over in directory-ldap: leaks of libraries, each with its reason; nothing of ours belongs
// here. Linked by a sanitized build alone, since the plugin host hands no environment on.

extern "C" const char* __lsan_default_suppressions();  // NOLINT: the sanitizer's own name

// libldap 2.5 makes a GnuTLS priority cache for a handle's TLS context and overwrites it when the handle's own minimum
// version is set: some kilobytes for each connection made, none for an operation.
extern "C" const char* __lsan_default_suppressions() { return "leak:gnutls_priority_init\n"; }
