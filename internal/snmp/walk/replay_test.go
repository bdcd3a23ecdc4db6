package walk

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/netcol-io/netcol/internal/snmp/agenttest"
	"github.com/netcol-io/netcol/internal/snmp/pdu"
)

// replayAgent gives recorded replies, so that a benchmark measures the walk and not the agent.
type replayAgent struct {
	conn    *agenttest.Conn
	replies []pdu.Reply
	at      int
}

func (r *replayAgent) Exchange(ctx context.Context, q *pdu.Request) (pdu.Reply, error) {
	if r.conn != nil {
		reply, err := r.conn.Exchange(ctx, q)
		r.replies = append(r.replies, reply)
		return reply, err
	}
	r.at++
	return r.replies[r.at-1], nil
}

func (r *replayAgent) Arrived() time.Time { return time.Time{} }
func (r *replayAgent) Room() int          { return 1400 }

func record(t require.TestingT, conn *agenttest.Conn, m *Memory, l *Limits, r *replayAgent) {
	r.conn = conn
	w := &Walk{Columns: ports, Scalars: []pdu.OID{upTime}, Known: m, Limits: l, Rows: &Rows{}}
	require.NoError(t, w.Run(context.Background(), r))
	r.conn = nil
}
