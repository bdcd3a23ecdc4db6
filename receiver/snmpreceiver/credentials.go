package snmpreceiver

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
	"github.com/netcol-io/netcol/internal/snmp/session"
)

var versions = map[string]pdu.Version{"v1": pdu.V1, "v2c": pdu.V2c, "v3": pdu.V3}

var levels = map[string]session.Level{
	"no_auth_no_priv": session.NoAuthNoPriv, "auth_no_priv": session.AuthNoPriv, "auth_priv": session.AuthPriv, "": session.AuthPriv,
}

var authTypes = map[string]session.AuthType{
	"MD5": session.MD5, "SHA": session.SHA, "SHA224": session.SHA224, "SHA256": session.SHA256, "SHA384": session.SHA384, "SHA512": session.SHA512,
}

var privacyTypes = map[string]session.PrivacyType{
	"DES": session.DES, "AES": session.AES, "AES192": session.AES192, "AES256": session.AES256, "AES192C": session.AES192C, "AES256C": session.AES256C,
}

func (c *CredentialsConfig) validate() error {
	v, ok := versions[c.Version]
	if !ok {
		return fmt.Errorf("version: %q: want v1, v2c or v3", c.Version)
	}
	if v == pdu.V3 {
		return c.validateUser()
	}
	if c.Community == "" {
		return fmt.Errorf("community: missing: %s needs one", c.Version)
	}
	if c.User != "" || c.SecurityLevel != "" || c.AuthType != "" || c.AuthPassword != "" || c.PrivacyType != "" || c.PrivacyPassword != "" || c.ContextName != "" {
		return fmt.Errorf("version: %s knows a community only: leave out user, security_level, auth_*, privacy_* and context_name, or write v3", c.Version)
	}
	return nil
}

func (c *CredentialsConfig) validateUser() error {
	var errs []error
	if c.Community != "" {
		errs = append(errs, errors.New("community: v3 has users, not communities: leave it out"))
	}
	if n := len(c.User); n == 0 || n > 32 {
		errs = append(errs, fmt.Errorf("user: %q: want 1 to 32 bytes", c.User))
	}
	level, ok := levels[c.SecurityLevel]
	if !ok {
		return errors.Join(append(errs, fmt.Errorf("security_level: %q: want no_auth_no_priv, auth_no_priv or auth_priv", c.SecurityLevel))...)
	}
	_, known := authTypes[c.AuthType]
	errs = append(errs, protocolErrors("auth", level >= session.AuthNoPriv, c.AuthType, known, "MD5, SHA, SHA224, SHA256, SHA384 or SHA512", len(c.AuthPassword))...)
	_, known = privacyTypes[c.PrivacyType]
	errs = append(errs, protocolErrors("privacy", level == session.AuthPriv, c.PrivacyType, known, "DES, AES, AES192, AES256, AES192C or AES256C", len(c.PrivacyPassword))...)
	return errors.Join(errs...)
}

// minPassword is what RFC 3414 §11.2 asks of passwords.
const minPassword = 8

func protocolErrors(what string, needed bool, kind string, known bool, want string, password int) (errs []error) {
	switch {
	case !needed && (kind != "" || password > 0):
		return []error{fmt.Errorf("%s_type, %s_password: the security_level uses none: raise it or leave them out", what, what)}
	case !needed:
		return nil
	}
	if !known {
		errs = append(errs, fmt.Errorf("%s_type: %q: want %s", what, kind, want))
	}
	if password < minPassword {
		errs = append(errs, fmt.Errorf("%s_password: %d bytes: want at least %d", what, password, minPassword))
	}
	return errs
}

func (c *CredentialsConfig) credentials(name string) *session.Credentials {
	return &session.Credentials{
		Name: name, Version: versions[c.Version], Community: c.Community,
		User: c.User, Level: levels[c.SecurityLevel], ContextName: c.ContextName,
		AuthType: authTypes[c.AuthType], AuthPassword: c.AuthPassword,
		PrivacyType: privacyTypes[c.PrivacyType], PrivacyPassword: c.PrivacyPassword,
	}
}

const defaultPort = 161

// splitEndpoint reads host and port of an endpoint; "udp://" may stand before them.
func splitEndpoint(endpoint string) (host string, port uint16, err error) {
	rest := strings.TrimPrefix(endpoint, "udp://")
	if rest == "" || strings.Contains(rest, "/") {
		return "", 0, fmt.Errorf("%q: want an address or a name, as 10.0.0.1, sw1.example.net:1161 or [2001:db8::1]:161", endpoint)
	}
	if a, err := netip.ParseAddr(strings.Trim(rest, "[]")); err == nil {
		return a.String(), defaultPort, nil
	}
	if !strings.Contains(rest, ":") {
		return rest, defaultPort, nil
	}
	host, text, err := net.SplitHostPort(rest)
	if err != nil || host == "" {
		return "", 0, fmt.Errorf("%q: want host:port, IPv6 addresses in brackets", endpoint)
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return "", 0, fmt.Errorf("%q: port %q: want 1 to 65535", endpoint, text)
	}
	return host, uint16(n), nil
}
