package walk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
	"github.com/netcol-io/netcol/internal/snmp/session"
)

// Agent answers requests one at a time. A reply holds until the next request.
type Agent interface {
	Exchange(ctx context.Context, r *pdu.Request) (pdu.Reply, error)
	Arrived() time.Time // when the last reply came
	Room() int          // bytes of varbinds that a reply may hold
}

// Column is one column to read.
type Column struct {
	OID   pdu.OID
	Guess uint8 // bytes of a value, before one was seen
}

// Limits is what is learned of how much an agent can take at once.
type Limits struct {
	Varbinds       int  // in one reply; 0: no limit known
	MaxRepetitions int  // configured; 0: none
	NoBulk         bool // v1, or an agent that can't be trusted with GETBULK
}

// Problem is something that is missing from what a walk found.
type Problem struct {
	Column int    // -1: all of them
	Reason string // one word, as the attribute error.type gives it
}

// The reasons of problems.
const (
	NotIncreasing = "not_increasing" // the agent goes in circles, or back
	TooBig        = "too_big"        // not even one value fits the agent's reply
	AgentError    = "agent_error"    // genErr and its like
	NoProgress    = "no_progress"    // empty or damaged replies
	TooManyRows   = "too_many_rows"
	Interrupted   = "interrupted" // the agent stopped answering
)

// maxRows bounds what one table may take of memory.
const maxRows = 1 << 17

// Walk reads columns of one table, and scalars along with them.
type Walk struct {
	Columns []Column
	Scalars []pdu.OID // instances
	Known   *Memory   // rows seen before: nothing is asked beyond them. Empty: the walk goes to the end.
	Limits  *Limits
	// Named asks for the known cells by their instances: fewer requests where they are few cells of several tables.
	Named bool
	// Leave says which columns not to read.
	Leave []bool
	Rows  *Rows // filled

	// Changed is asked once the scalars are there, before rows beyond the known ones could be missed: true makes
	// the walk go to the end.
	Changed func([]Cell) bool

	Values   []Cell // of Scalars
	Problems []Problem
	Whole    bool // the walk went to the end of the table, so that what it did not find is not there
	Stale    bool // a known row is gone
	Surplus  int  // varbinds that nobody asked for
	Requests int

	columns   []column
	groups    []group
	group     int
	pending   []cellRef // instances to GET
	asked     []slot
	repeaters int // how many of asked's last slots repeat
	first     bool
	halved    bool // after a silence
	single    bool // after an error: one repetition
	request   pdu.Request
	names     []byte
	without   []bool // scalars that the agent has not
}

type column struct {
	cursor []byte // index of the last instance seen
	row    int    // of Rows, behind that instance
	width  int    // greatest value seen
	next   int    // of the group's rows
	done   bool
}

// cellRef is a remembered cell.
type cellRef struct{ row, column int }

// slot is what a varbind of a reply stands for.
type slot struct {
	kind   uint8
	column int
	row    int // get: of Known
}

const (
	slotScalar uint8 = iota
	slotNext
	slotGet
)

// Run walks. The error is that of an agent which stopped answering; what was read until then stays in Rows.
func (w *Walk) Run(ctx context.Context, a Agent) error {
	w.begin()
	for w.plan(a.Room()) {
		w.Requests++
		reply, err := a.Exchange(ctx, &w.request)
		if err != nil {
			if w.retrySmaller(err) {
				continue
			}
			w.problem(-1, Interrupted)
			return fmt.Errorf("after %d requests: %w", w.Requests-1, err)
		}
		w.take(&reply, a.Arrived())
	}
	return nil
}

func (w *Walk) begin() {
	w.Rows.Reset(len(w.Columns))
	w.columns = make([]column, len(w.Columns))
	w.Values, w.without = make([]Cell, len(w.Scalars)), make([]bool, len(w.Scalars))
	w.first = true
	if w.Known != nil && w.Known.Known() && w.Known.columns == len(w.Columns) {
		w.groups, w.pending = w.Known.groups(w.Limits.NoBulk || w.Named)
		return
	}
	w.whole()
}

// whole makes the walk start over and go to the end.
func (w *Walk) whole() {
	w.Whole = true
	w.pending = nil
	all := group{}
	for c := range w.Columns {
		w.columns[c] = column{cursor: w.columns[c].cursor[:0], width: w.columns[c].width, done: len(w.Leave) > c && w.Leave[c]}
		all.columns = append(all.columns, c)
	}
	w.groups, w.group = []group{all}, 0
}

// retrySmaller decides whether silence may be for want of a smaller question: some agents drop what they can't answer
// in one datagram, and some paths drop fragments.
func (w *Walk) retrySmaller(err error) bool {
	if w.halved || w.Requests == 1 || !errors.Is(err, session.ErrNoAnswer) || w.count() < 2 {
		return false
	}
	w.halved = true
	w.limit(w.count() / 4)
	return true
}

// count is how many varbinds the last request asked for.
func (w *Walk) count() int {
	return len(w.asked) - w.repeaters + w.repeaters*max(w.request.MaxRepetitions, 1)
}

func (w *Walk) limit(n int) { w.Limits.Varbinds = max(n, 1) }

func (w *Walk) problem(column int, reason string) {
	for _, p := range w.Problems {
		if p.Column == column && p.Reason == reason {
			return
		}
	}
	w.Problems = append(w.Problems, Problem{column, reason})
}

func (w *Walk) fail(column int, reason string) {
	w.columns[column].done = true
	w.problem(column, reason)
}
