package walk

import (
	"slices"
	"time"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
)

// take judges a reply: whatever an agent sends, the walk gets nearer to its end or names what is missing.
func (w *Walk) take(r *pdu.Reply, at time.Time) {
	if r.Status != pdu.NoError {
		w.refused(r)
		return
	}
	progress, gets := 0, 0
	restart := false
	for i := 0; ; i++ {
		v, ok := r.Next()
		if !ok {
			break
		}
		s, ok := w.slot(i)
		if !ok {
			w.Surplus++
			continue
		}
		switch s.kind {
		case slotScalar:
			w.scalar(s.column, v)
			progress++
		case slotGet:
			gets++
			progress++
			restart = w.got(s, v, at) || restart
		case slotNext:
			moved, odd := w.next(s.column, v, at)
			restart = restart || odd
			if moved {
				progress++
			}
		}
	}
	w.pending = w.pending[min(gets, len(w.pending)):]
	w.settle(progress, restart)
}

func (w *Walk) settle(progress int, restart bool) {
	if progress == 0 {
		w.shrink(NoProgress)
		return
	}
	w.single = false
	wasFirst := w.first
	w.first = false
	if wasFirst && !w.Whole && w.Changed != nil && w.Changed(w.Values) {
		restart = true
	}
	if restart && !w.Whole {
		w.whole()
	}
	if w.Rows.Len() > maxRows {
		w.problem(-1, TooManyRows)
		w.groups, w.pending = nil, nil
	}
}

// slot tells what the i-th varbind of the reply stands for.
func (w *Walk) slot(i int) (slot, bool) {
	fixed := len(w.asked) - w.repeaters
	switch {
	case i < 0:
		return slot{}, false
	case i < fixed:
		return w.asked[i], true
	case w.repeaters == 0 || i-fixed >= w.repeaters*w.request.MaxRepetitions:
		return slot{}, false
	}
	return w.asked[fixed+(i-fixed)%w.repeaters], true
}

func (w *Walk) scalar(i int, v pdu.Varbind) {
	if string(v.OID) == string(w.Scalars[i]) {
		w.Values[i] = w.Rows.cell(v)
	}
}

// got takes a named instance. It reports whether the row is gone.
func (w *Walk) got(s slot, v pdu.Varbind, at time.Time) (gone bool) {
	index := w.Known.Index(s.row)
	prefix := w.Columns[s.column].OID
	if !v.OID.HasPrefix(prefix) || string(v.OID[len(prefix):]) != string(index) {
		w.problem(s.column, NoProgress)
		return false
	}
	c := w.Rows.cell(v)
	if !c.Present() {
		return true
	}
	w.Rows.put(index, w.Rows.Len(), s.column, c, at)
	return false
}

// next takes an instance that a walk met. moved: the column came nearer to its end. odd: it is not the row that is
// known to come next, so what is known no longer holds.
func (w *Walk) next(c int, v pdu.Varbind, at time.Time) (moved, odd bool) {
	col, prefix := &w.columns[c], w.Columns[c].OID
	if col.done {
		return false, false
	}
	if v.Type == pdu.EndOfMIBView || !v.OID.HasPrefix(prefix) || len(v.OID) == len(prefix) {
		col.done = true
		if v.Type != pdu.EndOfMIBView && pdu.Compare(v.OID, prefix) < 0 {
			w.problem(c, NotIncreasing)
		}
		return true, !w.Whole
	}
	index := v.OID[len(prefix):]
	if !w.Whole {
		return w.nextKnown(c, index, v, at)
	}
	if len(col.cursor) > 0 && pdu.Compare(index, col.cursor) <= 0 {
		w.fail(c, NotIncreasing)
		return true, false
	}
	w.store(c, index, v, at)
	return true, false
}

func (w *Walk) nextKnown(c int, index []byte, v pdu.Varbind, at time.Time) (moved, odd bool) {
	g, col := &w.groups[w.group], &w.columns[c]
	if col.next >= len(g.rows) || string(w.Known.Index(g.rows[col.next])) != string(index) {
		return true, true
	}
	col.next++
	w.store(c, index, v, at)
	return true, false
}

func (w *Walk) store(c int, index []byte, v pdu.Varbind, at time.Time) {
	col := &w.columns[c]
	col.cursor = append(col.cursor[:0], index...)
	col.width = max(col.width, min(len(v.Value), int(maxWidth)))
	if cell := w.Rows.cell(v); cell.Present() {
		col.row = w.Rows.put(index, col.row, c, cell, at) + 1
	}
}

// refused handles an error status.
func (w *Walk) refused(r *pdu.Reply) {
	switch r.Status {
	case pdu.TooBig:
		w.shrink(TooBig)
	case pdu.NoSuchName:
		w.drop(r.ErrorIndex, "")
	default:
		if w.request.MaxRepetitions > 1 && !w.single {
			w.single = true
			return
		}
		w.drop(r.ErrorIndex, AgentError)
	}
}

// shrink asks for half as much next time; if that can't be, what was asked for is given up.
func (w *Walk) shrink(reason string) {
	riding := 0
	if w.first && w.asked[0].kind == slotScalar {
		riding = w.request.NonRepeaters
		if w.request.Kind != pdu.GetBulk {
			riding = len(w.request.Names) - 1
		}
	}
	n := w.count() - riding
	switch {
	case n > 1:
		w.limit(n / 2)
	case riding > 0:
		w.first = false // scalars are not worth more requests
	default:
		w.drop(1, reason)
	}
}

// drop gives up what the varbind at an error index stands for: the column, the scalar, or the instance. Without a
// reason it is merely not there (noSuchName).
func (w *Walk) drop(errorIndex int, reason string) {
	s, ok := w.slot(errorIndex - 1)
	if !ok {
		s = w.asked[0]
	}
	switch s.kind {
	case slotScalar:
		w.without[s.column] = true
	case slotGet:
		w.dropGet(s)
		w.Stale = true
		if reason != "" {
			w.problem(s.column, reason)
		}
	default:
		w.columns[s.column].done = true
		if reason != "" {
			w.problem(s.column, reason)
		}
	}
}

func (w *Walk) dropGet(s slot) {
	w.pending = slices.DeleteFunc(w.pending, func(p cellRef) bool { return p == cellRef{s.row, s.column} })
}
