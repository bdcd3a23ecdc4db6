package query

import (
	"errors"
	"fmt"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/store"
)

func (h *handler) series(r *http.Request) (answer, error) {
	sel, err := selection(r)
	if err != nil {
		return answer{}, err
	}
	if len(sel.Selectors) == 0 {
		return answer{}, badData(errors.New("no match[] parameter provided"))
	}
	sets, warnings, err := h.store.SeriesSets(r.Context(), sel)
	return selected(labelSets(sets), warnings, err)
}

func (h *handler) labelNames(r *http.Request) (answer, error) {
	sel, err := selection(r)
	if err != nil {
		return answer{}, err
	}
	names, warnings, err := h.store.LabelNames(r.Context(), sel)
	return selected(orEmpty(names), warnings, err)
}

func (h *handler) labelValues(r *http.Request) (answer, error) {
	name := r.PathValue("name")
	if name == "" || !utf8.ValidString(name) {
		return answer{}, badData(fmt.Errorf("invalid label name: %q", name))
	}
	sel, err := selection(r)
	if err != nil {
		return answer{}, err
	}
	values, warnings, err := h.store.LabelValues(r.Context(), name, sel)
	return selected(orEmpty(values), warnings, err)
}

func selected(data any, warnings []string, err error) (answer, error) {
	var e *store.Error
	if errors.As(err, &e) && e.Kind == store.KindBadData {
		return answer{}, invalid("match[]", err)
	}
	return answer{data: data, warnings: warnings}, err
}

func orEmpty(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// A selection without times is over everything that is stored.
var (
	earliest = time.UnixMilli(0)
	latest   = time.UnixMilli(1 << 52)
)

func selection(r *http.Request) (sel store.Selection, err error) {
	sel.Selectors = r.Form["match[]"]
	if sel.Start, err = timeParam(r, "start", earliest); err != nil {
		return sel, err
	}
	if sel.End, err = timeParam(r, "end", latest); err != nil {
		return sel, err
	}
	if sel.End.Before(sel.Start) {
		return sel, invalid("end", errors.New("end timestamp must not be before start timestamp"))
	}
	sel.Limit, err = limitParam(r, "limit")
	return sel, err
}

func (h *handler) metadata(r *http.Request) (answer, error) {
	limit, err := limitParam(r, "limit")
	if err != nil {
		return answer{}, err
	}
	type entry struct {
		Type string `json:"type"`
		Help string `json:"help"`
		Unit string `json:"unit"`
	}
	data := map[string][]entry{}
	for _, f := range h.store.Families(r.FormValue("metric"), limit) {
		data[f.Name] = []entry{{f.Type, f.Help, f.Unit}}
	}
	return answer{data: data}, nil
}
