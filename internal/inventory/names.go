package inventory

import (
	"slices"
	"strconv"
)

// RawInterface is one row of ifTable and ifXTable as the device gave it.
type RawInterface struct {
	Index                       uint32
	IfName, IfDescr, IfAlias    string
	Type                        uint32 // ifType
	MAC                         string // aa:bb:cc:dd:ee:ff, "" unknown
	ReceiveSpeed, TransmitSpeed uint64 // bit/s, 0 unknown
}

// NameInterfaces gives every row a name that is unique within the device and returns them ordered by index. A name
// is ifName, else ifDescr, else "if<index>". Rows that share a name all get "#<index>" appended, so that none of
// them depends on which came first. The result depends on the set of rows only, not on their order; of two rows
// with one index the later counts.
func NameInterfaces(rows []RawInterface) []Interface {
	out := make([]Interface, 0, len(rows))
	for _, r := range rows {
		out = append(out, Interface{
			Index: r.Index, Name: baseName(r), Alias: Clean(r.IfAlias, maxText), Type: r.Type, MAC: r.MAC,
			ReceiveSpeed: r.ReceiveSpeed, TransmitSpeed: r.TransmitSpeed,
		})
	}
	out = lastPerIndex(out)
	separate(out)
	return out
}

func baseName(r RawInterface) string {
	if n := Clean(r.IfName, maxName); n != "" {
		return n
	}
	if n := Clean(r.IfDescr, maxName); n != "" {
		return n
	}
	return "if" + strconv.FormatUint(uint64(r.Index), 10)
}

// lastPerIndex orders rows by index and keeps the last of those that share one.
func lastPerIndex(rows []Interface) []Interface {
	slices.SortStableFunc(rows, func(a, b Interface) int { return int(int64(a.Index) - int64(b.Index)) })
	out := rows[:0]
	for i, r := range rows {
		if i+1 < len(rows) && rows[i+1].Index == r.Index {
			continue
		}
		out = append(out, r)
	}
	return out
}

// separate appends "#<index>" where a name is shared. Two suffixed names never meet, as their indexes differ, but a
// suffixed one may meet a row that is really called so, which is then suffixed as well: hence the rounds, at most as
// many as "#" fit in a name.
func separate(rows []Interface) {
	holders := make(map[string]int, len(rows))
	for _, r := range rows {
		holders[r.Name]++
	}
	if len(holders) == len(rows) {
		return
	}
	suffixed := make([]bool, len(rows))
	for changed := true; changed; {
		changed = false
		added := make([]string, 0, 8)
		for i := range rows {
			if suffixed[i] || holders[rows[i].Name] < 2 {
				continue
			}
			suffixed[i], changed = true, true
			rows[i].Name += "#" + strconv.FormatUint(uint64(rows[i].Index), 10)
			added = append(added, rows[i].Name)
		}
		for _, n := range added {
			holders[n]++
		}
	}
}
