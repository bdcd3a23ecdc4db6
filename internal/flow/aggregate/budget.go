package aggregate

import "sync/atomic"

// Budget bounds how many keys all tables that share it hold together. Safe for concurrent use.
type Budget struct {
	used, refused atomic.Int64
	max           int64
	parent        *Budget
}

// NewBudget returns a budget of n keys, which count against parent's too unless it is nil.
func NewBudget(n int, parent *Budget) *Budget { return &Budget{max: int64(n), parent: parent} }

// Used returns how many keys are reserved. Tables reserve in steps, so it may exceed what they hold.
func (b *Budget) Used() int { return int(b.used.Load()) }

// Reserve takes n keys of the budget, or none and returns false.
func (b *Budget) Reserve(n int) bool { return b.reserve(n, 4) }

// reserve takes n keys if no more than so many quarters of the budget are then used.
func (b *Budget) reserve(n int, quarters int64) bool {
	if b.used.Add(int64(n)) > b.max*quarters/4 {
		b.used.Add(-int64(n))
		b.refused.Add(1)
		return false
	}
	if b.parent != nil && !b.parent.reserve(n, quarters) {
		b.used.Add(-int64(n))
		return false
	}
	return true
}

// Release gives n keys back.
func (b *Budget) Release(n int) {
	b.used.Add(-int64(n))
	if b.parent != nil {
		b.parent.Release(n)
	}
}
