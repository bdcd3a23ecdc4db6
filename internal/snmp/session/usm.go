package session

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des" //nolint:gosec // RFC 3414 §8
	"crypto/hmac"
	"encoding/binary"
	"hash"
	"math/rand/v2"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
)

// usm protects and verifies the messages of one user at one engine (RFC 3414).
type usm struct {
	level  Level
	mac    hash.Hash
	macLen int
	block  cipher.Block
	preIV  []byte // DES
	salt   uint64 // counts up from a random start
	sum    [64]byte
	zero   [64]byte
	saltAt [8]byte
	iv     [16]byte
}

func newUSM(k *keys) (*usm, error) {
	u := &usm{level: k.credentials.Level, salt: rand.Uint64()}
	if u.level == NoAuthNoPriv {
		return u, nil
	}
	auth := authProtocols[k.credentials.AuthType]
	u.mac, u.macLen = hmac.New(auth.hash, k.auth), auth.bytes
	if u.level != AuthPriv {
		return u, nil
	}
	var err error
	if k.credentials.PrivacyType == DES {
		u.preIV = k.privacy[8:16]
		u.block, err = des.NewCipher(k.privacy[:8]) //nolint:gosec // RFC 3414 §8
	} else {
		u.block, err = aes.NewCipher(k.privacy)
	}
	return u, err
}

func (u *usm) flags() pdu.Flags {
	switch u.level {
	case AuthPriv:
		return pdu.FlagAuth | pdu.FlagPriv | pdu.FlagReportable
	case AuthNoPriv:
		return pdu.FlagAuth | pdu.FlagReportable
	}
	return pdu.FlagReportable
}

// blank is the digest as it is hashed: zeros.
func (u *usm) blank() []byte { return u.zero[:u.macLen] }

// sign writes the digest of msg, which holds zeros there, at its place.
func (u *usm) sign(msg []byte, at int) {
	u.mac.Reset()
	u.mac.Write(msg)
	copy(msg[at:at+u.macLen], u.mac.Sum(u.sum[:0]))
}

// verify reports whether m, read from msg, carries the digest of this user's key. It leaves msg as it was.
func (u *usm) verify(msg []byte, m *pdu.Message3) bool {
	if u.mac == nil || len(m.Digest) != u.macLen {
		return false
	}
	u.mac.Reset()
	u.mac.Write(msg[:m.DigestAt])
	u.mac.Write(u.blank())
	u.mac.Write(msg[m.DigestAt+u.macLen:])
	return hmac.Equal(u.mac.Sum(u.sum[:0])[:u.macLen], m.Digest)
}

// encrypt encrypts plain, which may be grown by padding, in place and returns it with the salt that goes along.
func (u *usm) encrypt(plain []byte, boots, clock uint32) (data, salt []byte) {
	u.salt++
	if u.preIV != nil {
		binary.BigEndian.PutUint32(u.saltAt[:], boots)
		binary.BigEndian.PutUint32(u.saltAt[4:], uint32(u.salt))
		for len(plain)%des.BlockSize != 0 {
			plain = append(plain, 0)
		}
		cipher.NewCBCEncrypter(u.block, u.desIV(u.saltAt[:])).CryptBlocks(plain, plain)
		return plain, u.saltAt[:]
	}
	binary.BigEndian.PutUint64(u.saltAt[:], u.salt)
	u.cfb(plain, u.saltAt[:], boots, clock, true)
	return plain, u.saltAt[:]
}

// decrypt decrypts data in place.
func (u *usm) decrypt(data, salt []byte, boots, clock uint32) bool {
	if len(salt) != 8 || u.block == nil {
		return false
	}
	if u.preIV != nil {
		if len(data)%des.BlockSize != 0 {
			return false
		}
		cipher.NewCBCDecrypter(u.block, u.desIV(salt)).CryptBlocks(data, data)
		return true
	}
	u.cfb(data, salt, boots, clock, false)
	return true
}

func (u *usm) desIV(salt []byte) []byte {
	for i := range 8 {
		u.iv[i] = u.preIV[i] ^ salt[i]
	}
	return u.iv[:8]
}

// cfb is AES in 128-bit cipher feedback mode (RFC 3826 §3.1.4), in place.
func (u *usm) cfb(b, salt []byte, boots, clock uint32, encrypt bool) {
	binary.BigEndian.PutUint32(u.iv[:], boots)
	binary.BigEndian.PutUint32(u.iv[4:], clock)
	copy(u.iv[8:], salt)
	stream := u.sum[:16]
	for len(b) > 0 {
		n := min(len(b), 16)
		u.block.Encrypt(stream, u.iv[:])
		if encrypt {
			for i := range n {
				b[i] ^= stream[i]
			}
			copy(u.iv[:], b[:n])
		} else {
			copy(u.iv[:], b[:n])
			for i := range n {
				b[i] ^= stream[i]
			}
		}
		b = b[n:]
	}
}
