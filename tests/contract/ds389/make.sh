#!/bin/sh
# Makes an instance of 389 Directory Server under the folder given, ready to be started as its whole world: own
# schema, own paths, the certificate of the test's authority. Listens on 127.0.0.1 from its first start on: by
# itself it would listen on every address. Nothing outside the folder is touched, no service manager is asked.
#   make.sh FOLDER PORT TLS-PORT PKI-FOLDER
set -eu
folder=$1 port=$2 tls_port=$3 pki=$4
export PREFIX="$folder"
mkdir -p "$folder/share/dirsrv" "$folder/etc/dirsrv" "$folder/etc/default" "$folder/var/lib" "$folder/var/log" \
    "$folder/run/lock" "$folder/dev/shm" "$folder/tmp"
cp -a /etc/dirsrv/schema /etc/dirsrv/config "$folder/etc/dirsrv/"
cp -a /usr/share/dirsrv/inf /usr/share/dirsrv/data /usr/share/dirsrv/schema "$folder/share/dirsrv/"
user=$(id -un) group=$(id -gn)
sed -i -e "s# = /\(var\|etc\|run\|dev\|tmp\)# = $folder/\1#" -e 's/^with_systemd.*/with_systemd = 0/' \
    -e 's/^with_selinux.*/with_selinux = no/' -e "s/^user = .*/user = $user/" -e "s/^group = .*/group = $group/" \
    -e "s#^data_dir = .*#data_dir = $folder/share#" -e "s#^inst_dir = .*#inst_dir = $folder/lib/slapd-{instance_name}#" \
    "$folder/share/dirsrv/inf/defaults.inf"
sed -i '/^nsslapd-port:/a nsslapd-listenhost: 127.0.0.1\nnsslapd-securelistenhost: 127.0.0.1' "$folder"/share/dirsrv/data/template-dse*.ldif
cat > "$folder/instance.inf" <<END
[general]
config_version = 2
full_machine_name = localhost
strict_host_checking = False
selinux = False
systemd = False
start = False
[slapd]
instance_name = stint
port = $port
secure_port = $tls_port
root_password = manager-password
self_sign_cert = False
user = $user
group = $group
[backend-userroot]
suffix = dc=example,dc=test
sample_entries = no
create_suffix_entry = True
END
dscreate -v from-file "$folder/instance.inf"

instance=$folder/etc/dirsrv/slapd-stint
openssl pkcs12 -export -in "$pki/server.pem" -inkey "$pki/server.key" -certfile "$pki/ca.pem" -name Server-Cert \
    -passout pass:x -out "$folder/server.p12"
certutil -A -d "$instance" -n CA -t CT,C,C -i "$pki/ca.pem" -f "$instance/pwdfile.txt"
pk12util -i "$folder/server.p12" -d "$instance" -k "$instance/pwdfile.txt" -W x
# TLS, memberOf and referential integrity from the first start on.
sed -i -e "/^nsslapd-port:/a nsslapd-security: on\nnsslapd-secureport: $tls_port" "$instance/dse.ldif"
# Logins beyond ASCII, and no fsync for each write: nothing here outlives the test.
sed -i -e "/^dn: cn=7-bit check,cn=plugins/,/^\$/s/^nsslapd-pluginEnabled: on/nsslapd-pluginEnabled: off/" \
    -e '/^dn: cn=bdb,cn=config,cn=ldbm database/a nsslapd-db-durable-transaction: off' "$instance/dse.ldif"
for plugin in 'MemberOf Plugin' 'referential integrity postoperation'; do
    sed -i "/^dn: cn=$plugin,cn=plugins/,/^\$/s/^nsslapd-pluginEnabled: off/nsslapd-pluginEnabled: on/" "$instance/dse.ldif"
done
