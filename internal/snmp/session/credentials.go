// Package session talks SNMP to devices. A session belongs to a poll in flight: it borrows a socket, and gives it back.
// What a device is remembered by between polls is its Peer: address, round-trip times, and for v3 its engine and keys.
//
// Messages are this project's own (package pdu); gosnmp turns passwords into localized keys. Every v3 reply has its
// digest and its time window verified before anything in it is believed (RFC 3414 §3.2).
package session

import (
	"cmp"

	"go.opentelemetry.io/collector/config/configopaque"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
)

// Level is a security level of v3, in rising order.
type Level uint8

// The security levels (RFC 3411 §3.4.3).
const (
	NoAuthNoPriv Level = iota
	AuthNoPriv
	AuthPriv
)

// AuthType is an authentication protocol of v3 (RFC 3414 §6–7, RFC 7860).
type AuthType string

// The authentication protocols.
const (
	MD5    AuthType = "MD5"
	SHA    AuthType = "SHA"
	SHA224 AuthType = "SHA224"
	SHA256 AuthType = "SHA256"
	SHA384 AuthType = "SHA384"
	SHA512 AuthType = "SHA512"
)

// PrivacyType is a privacy protocol of v3 (RFC 3414 §8, RFC 3826). AES192 and AES256 extend keys as net-snmp does
// (draft-blumenthal-aes-usm), AES192C and AES256C as Cisco does (draft-reeder-snmpv3-usm-3desede).
type PrivacyType string

// The privacy protocols.
const (
	DES     PrivacyType = "DES"
	AES     PrivacyType = "AES"
	AES192  PrivacyType = "AES192"
	AES256  PrivacyType = "AES256"
	AES192C PrivacyType = "AES192C"
	AES256C PrivacyType = "AES256C"
)

// Credentials are what a device may be asked with.
type Credentials struct {
	Name      string // what configuration calls them
	Version   pdu.Version
	Community configopaque.String // v1, v2c

	User            string // v3, as all below
	Level           Level
	AuthType        AuthType
	AuthPassword    configopaque.String
	PrivacyType     PrivacyType
	PrivacyPassword configopaque.String
	ContextName     string
}

// Compare orders credentials by how well they protect what is said: a v3 user before a community, which anyone on the
// path can read.
func (c *Credentials) Compare(d *Credentials) int { return cmp.Compare(c.strength(), d.strength()) }

func (c *Credentials) strength() int {
	if c.Version != pdu.V3 {
		return 0
	}
	return 1 + int(c.Level)
}
