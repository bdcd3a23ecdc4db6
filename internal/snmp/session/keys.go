package session

import (
	"crypto/md5" //nolint:gosec // RFC 3414: devices that know nothing better exist
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"hash"

	"github.com/gosnmp/gosnmp"
)

// authProtocol is what an AuthType means: its hash, how many bytes of the digest are sent, and its name at gosnmp.
type authProtocol struct {
	hash  func() hash.Hash
	bytes int
	lib   gosnmp.SnmpV3AuthProtocol
}

var authProtocols = map[AuthType]authProtocol{
	MD5:    {md5.New, 12, gosnmp.MD5},
	SHA:    {sha1.New, 12, gosnmp.SHA},
	SHA224: {sha256.New224, 16, gosnmp.SHA224},
	SHA256: {sha256.New, 24, gosnmp.SHA256},
	SHA384: {sha512.New384, 32, gosnmp.SHA384},
	SHA512: {sha512.New, 48, gosnmp.SHA512},
}

// privacyProtocol is what a PrivacyType means: the bytes of its key (for DES: key and pre-IV).
type privacyProtocol struct {
	keyBytes int
	lib      gosnmp.SnmpV3PrivProtocol
}

var privacyProtocols = map[PrivacyType]privacyProtocol{
	DES:     {16, gosnmp.DES},
	AES:     {16, gosnmp.AES},
	AES192:  {24, gosnmp.AES192},
	AES256:  {32, gosnmp.AES256},
	AES192C: {24, gosnmp.AES192C},
	AES256C: {32, gosnmp.AES256C},
}

// keys are a user's passwords localized to one engine (RFC 3414 §2.6). Making them costs two hashes of a megabyte, so
// a Peer keeps them.
type keys struct {
	engineID      string
	credentials   *Credentials
	auth, privacy []byte
}

func localize(c *Credentials, engineID string) (*keys, error) {
	k := &keys{engineID: engineID, credentials: c}
	if c.Level == NoAuthNoPriv {
		return k, nil
	}
	sp := &gosnmp.UsmSecurityParameters{
		AuthoritativeEngineID:    engineID,
		UserName:                 c.User,
		AuthenticationProtocol:   authProtocols[c.AuthType].lib,
		AuthenticationPassphrase: string(c.AuthPassword),
		PrivacyProtocol:          gosnmp.NoPriv,
	}
	if c.Level == AuthPriv {
		sp.PrivacyProtocol = privacyProtocols[c.PrivacyType].lib
		sp.PrivacyPassphrase = string(c.PrivacyPassword)
	}
	if err := sp.InitSecurityKeys(); err != nil {
		return nil, fmt.Errorf("credentials %q: localizing keys: %w", c.Name, err)
	}
	k.auth = sp.SecretKey
	if c.Level == AuthPriv {
		n := privacyProtocols[c.PrivacyType].keyBytes
		if len(sp.PrivacyKey) < n {
			return nil, fmt.Errorf("credentials %q: %s gives a key of %d bytes, %s needs %d", c.Name, c.AuthType, len(sp.PrivacyKey), c.PrivacyType, n)
		}
		k.privacy = sp.PrivacyKey[:n]
	}
	return k, nil
}
