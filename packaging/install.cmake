# What `cmake --install` lays out: programs, plugins, units, manual pages, shipped configuration. Honours DESTDIR.
# A configuration that is there already is the administrator's and is never touched.
install(TARGETS stintd RUNTIME DESTINATION sbin)
install(TARGETS directory-ldap directory-embedded ticket-embedded notify-inbox notify-smtp RUNTIME DESTINATION lib/stint/plugins)
install(FILES systemd/stintd.service DESTINATION lib/systemd/system)
install(FILES systemd/sysusers.d/stint.conf DESTINATION lib/sysusers.d)
install(FILES systemd/tmpfiles.d/stint.conf DESTINATION lib/tmpfiles.d)
install(FILES docs/man/stint.1 DESTINATION share/man/man1)
install(FILES docs/man/stintd.8 DESTINATION share/man/man8)
install(FILES README.md LICENSE config/stintd.toml config/openldap-acl.ldif DESTINATION share/doc/stint)
install(FILES config/policy.d/ehr.toml.example DESTINATION /etc/stint/policy.d)
install(CODE "
  if(NOT EXISTS \"\$ENV{DESTDIR}/etc/stint/stintd.toml\")
    file(INSTALL DESTINATION /etc/stint TYPE FILE PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ FILES \"${PROJECT_SOURCE_DIR}/config/stintd.toml\")
  endif()")
