package query

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/notation"
	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/store"
)

// maxPoints bounds the points of one series in a range query, as Prometheus does.
const maxPoints = 11_000

func (h *handler) query(r *http.Request) (answer, error) {
	at, err := timeParam(r, "time", time.Now())
	if err != nil {
		return answer{}, err
	}
	o, err := queryOptions(r)
	if err != nil {
		return answer{}, err
	}
	res, err := h.store.Query(r.Context(), r.FormValue("query"), at, o)
	return resultAnswer(res, "query", err)
}

func (h *handler) queryRange(r *http.Request) (answer, error) {
	start, err := requiredTime(r, "start")
	if err != nil {
		return answer{}, err
	}
	end, err := requiredTime(r, "end")
	if err != nil {
		return answer{}, err
	}
	if end.Before(start) {
		return answer{}, invalid("end", errors.New("end timestamp must not be before start timestamp"))
	}
	step, err := notation.ParseDuration(r.FormValue("step"))
	if err != nil {
		return answer{}, invalid("step", err)
	}
	if step <= 0 {
		return answer{}, invalid("step", errors.New("zero or negative query resolution step widths are not accepted. Try a positive integer"))
	}
	if end.Sub(start)/step > maxPoints {
		return answer{}, badData(fmt.Errorf("exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)"))
	}
	o, err := queryOptions(r)
	if err != nil {
		return answer{}, err
	}
	res, err := h.store.QueryRange(r.Context(), r.FormValue("query"), start, end, step, o)
	return resultAnswer(res, "query", err)
}

func queryOptions(r *http.Request) (o store.QueryOptions, err error) {
	if o.Limit, err = limitParam(r, "limit"); err != nil {
		return o, err
	}
	if lookback := r.FormValue("lookback_delta"); lookback != "" {
		if o.Lookback, err = notation.ParseDuration(lookback); err != nil {
			return o, invalid("lookback_delta", err)
		}
	}
	return o, nil
}

func resultAnswer(res *store.Result, parameter string, err error) (answer, error) {
	var e *store.Error
	if errors.As(err, &e) && e.Kind == store.KindBadData {
		return answer{}, invalid(parameter, err)
	}
	if err != nil {
		return answer{}, err
	}
	return answer{data: res, warnings: res.Warnings, infos: res.Infos}, nil
}

func (h *handler) formatQuery(r *http.Request) (answer, error) {
	expr, err := h.store.ParseExpr(r.FormValue("query"))
	if err != nil {
		return answer{}, invalid("query", err)
	}
	return answer{data: expr}, nil
}

func limitParam(r *http.Request, name string) (int, error) {
	v := r.FormValue(name)
	if v == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		return 0, invalid(name, fmt.Errorf("cannot parse %q to a valid limit", v))
	}
	if n < 0 {
		return 0, invalid(name, errors.New("limit must be non-negative"))
	}
	return n, nil
}
