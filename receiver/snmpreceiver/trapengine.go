package snmpreceiver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"time"

	"go.uber.org/zap"

	"github.com/netcol-io/netcol/internal/snmp/trap"
)

// ownEngine is what is stored of our engine.
type ownEngine struct {
	ID    string `json:"id"` // hexadecimal
	Boots uint32 `json:"boots"`
}

const ownEngineKey = "traps/engine"

// bootsEpoch is when boots count from where nothing is stored. Senders remember the greatest number that they saw of
// an engine: also without storage, or after it was lost, it has to be greater at every start.
var bootsEpoch = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// engine is who we are to senders of informs: the same at every start, with more boots.
func (r *snmpReceiver) engine(ctx context.Context) trap.Engine {
	var last ownEngine
	if r.store != nil {
		if text, err := r.store.Get(ctx, ownEngineKey); err == nil && len(text) > 0 {
			_ = json.Unmarshal(text, &last) // damaged: as if there were none
		}
	}
	id, _ := parseEngineID(r.config.Traps.Get().EngineID)
	if id == "" {
		if id, _ = parseEngineID(last.ID); id == "" {
			id = r.madeEngineID()
		}
	}
	now := time.Now()
	e := trap.Engine{ID: id, Boots: max(last.Boots+1, uint32(now.Sub(bootsEpoch)/time.Second)), Started: now}
	r.storeEngine(ctx, e)
	return e
}

func (r *snmpReceiver) storeEngine(ctx context.Context, e trap.Engine) {
	if r.store == nil {
		return
	}
	text, err := json.Marshal(ownEngine{hex.EncodeToString([]byte(e.ID)), e.Boots})
	if err == nil {
		err = r.store.Set(ctx, ownEngineKey, text)
	}
	if err != nil {
		r.log.Warn("Storing the SNMP engine's boots failed", zap.Error(err))
	}
}

// madeEngineID is an engine ID of RFC 3411 §5 in the format for octets (5) that the administrator assigns. No
// enterprise number is ours, so it is 0, which is reserved.
func (r *snmpReceiver) madeEngineID() string {
	host, _ := os.Hostname()
	sum := sha256.Sum256([]byte(host + "\x00" + r.set.ID.String()))
	return "\x80\x00\x00\x00\x05" + string(sum[:8])
}
