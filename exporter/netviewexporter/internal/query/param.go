package query

import (
	"net/http"
	"time"

	"github.com/netcol-io/netcol/exporter/netviewexporter/internal/notation"
)

func timeParam(r *http.Request, name string, missing time.Time) (time.Time, error) {
	v := r.FormValue(name)
	if v == "" {
		return missing, nil
	}
	t, err := notation.ParseTime(v)
	if err != nil {
		return time.Time{}, invalid(name, err)
	}
	return t, nil
}

func requiredTime(r *http.Request, name string) (time.Time, error) {
	t, err := notation.ParseTime(r.FormValue(name))
	if err != nil {
		return time.Time{}, invalid(name, err)
	}
	return t, nil
}
