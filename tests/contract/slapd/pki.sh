#!/bin/sh
# Makes a throw-away certificate authority and the certificates that the LDAP tests need, in the folder given.
# Test material only: nothing made here is ever trusted outside that folder.
#   ca.pem       signs everything but stranger.pem
#   server.pem   good for localhost, this host's name, 127.0.0.1 and ::1
#   elsewhere.pem  signed by ca.pem, for another host's name
#   stranger.pem   for the right names, signed by another authority (stranger-ca.pem)
#   client.pem   the broker's own certificate, subject O=stint test, CN=stint
# With a name and an address after the folder: one more certificate by the authority that is there, for that address.
set -eu
cd "$1"
host=$(uname -n)
key="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
authority() { # file, name
    # shellcheck disable=SC2086
    openssl req -x509 $key -days 2 -subj "/O=stint test/CN=$2" \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
        -keyout "$1.key" -out "$1.pem" 2>/dev/null
}
certificate() { # file, common name, alternative names, use, authority
    # shellcheck disable=SC2086
    openssl req $key -subj "/O=stint test/CN=$2" -keyout "$1.key" -out "$1.csr" 2>/dev/null
    printf 'subjectAltName=%s\nextendedKeyUsage=%s\nbasicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nauthorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n' \
        "$3" "$4" > "$1.ext"
    openssl x509 -req -in "$1.csr" -CA "$5.pem" -CAkey "$5.key" -CAcreateserial -days 2 -out "$1.pem" \
        -extfile "$1.ext" 2>/dev/null
    chmod 600 "$1.key"
    rm -f "$1.csr" "$1.ext"
}
if [ $# -eq 3 ]; then
    certificate "$2" "$2" "IP:$3" serverAuth ca
    exit 0
fi
here="DNS:localhost,DNS:$host,IP:127.0.0.1,IP:::1"
authority ca "stint test authority"
authority stranger-ca "a stranger's authority"
certificate server localhost "$here" serverAuth ca
certificate elsewhere elsewhere.test "DNS:elsewhere.test" serverAuth ca
certificate stranger localhost "$here" serverAuth stranger-ca
certificate client stint "DNS:stint" clientAuth ca
