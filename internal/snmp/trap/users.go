package trap

import (
	"crypto/subtle"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
	"github.com/netcol-io/netcol/internal/snmp/session"
)

// Users is who may send: communities and v3 users. It is read only, and shared by workers.
type Users struct {
	communities []*session.Credentials
	users       map[string][]*session.User
}

// NewUsers prepares credentials; each v3 user's passwords are hashed here, once.
func NewUsers(all []*session.Credentials) *Users {
	u := &Users{users: map[string][]*session.User{}}
	for _, c := range all {
		if c.Version == pdu.V3 {
			u.users[c.User] = append(u.users[c.User], session.NewUser(c))
		} else {
			u.communities = append(u.communities, c)
		}
	}
	return u
}

// community finds credentials by community. Traps of v1 are taken by credentials of v2c and the other way round: the
// two protect alike, and many devices that are polled with the one can send only the other.
func (u *Users) community(given []byte) *session.Credentials {
	var found *session.Credentials
	for _, c := range u.communities {
		if subtle.ConstantTimeCompare(given, []byte(c.Community)) == 1 && found == nil {
			found = c
		}
	}
	return found
}

// at returns the credentials of a user that ask for exactly this level, and whether there are any of the user at all.
func (u *Users) at(name []byte, level session.Level) (fit []*session.User, known bool) {
	all := u.users[string(name)]
	for _, user := range all {
		if user.Credentials.Level == level {
			fit = append(fit, user)
		}
	}
	return fit, len(all) > 0
}
