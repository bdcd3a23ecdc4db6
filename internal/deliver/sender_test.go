package deliver

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A signal is what the same tests run on twice.
type signal struct {
	name     string
	accepted string // obsreport's counters
	refused  string
	// sender returns a Send of n items, for a consumer that answers attempt i (from 0) with answer(i, items it got)
	// and spoils what it gets if it says that it mutates.
	sender func(t *testing.T, set receiver.Settings, mutates bool, answer func(i, items int) error) func(ctx context.Context, n int) error
	// part is an error that says that only n items were refused.
	part func(n int) error
}

var signals = []signal{
	{
		name: "metrics", accepted: "otelcol_receiver_accepted_metric_points", refused: "otelcol_receiver_refused_metric_points",
		sender: func(t *testing.T, set receiver.Settings, mutates bool, answer func(i, items int) error) func(context.Context, int) error {
			attempt := 0
			next, err := consumer.NewMetrics(func(_ context.Context, md pmetric.Metrics) error {
				items := md.DataPointCount()
				if mutates {
					md.ResourceMetrics().RemoveIf(func(pmetric.ResourceMetrics) bool { return true })
				}
				attempt++
				return answer(attempt-1, items)
			}, consumer.WithCapabilities(consumer.Capabilities{MutatesData: mutates}))
			require.NoError(t, err)
			s, err := NewMetrics(next, set, "udp", "netflow")
			require.NoError(t, err)
			return func(ctx context.Context, n int) error { return s.Send(ctx, metricsOf(n)) }
		},
		part: func(n int) error { return consumererror.NewMetrics(errBusy, metricsOf(n)) },
	},
	{
		name: "logs", accepted: "otelcol_receiver_accepted_log_records", refused: "otelcol_receiver_refused_log_records",
		sender: func(t *testing.T, set receiver.Settings, mutates bool, answer func(i, items int) error) func(context.Context, int) error {
			attempt := 0
			next, err := consumer.NewLogs(func(_ context.Context, ld plog.Logs) error {
				items := ld.LogRecordCount()
				if mutates {
					ld.ResourceLogs().RemoveIf(func(plog.ResourceLogs) bool { return true })
				}
				attempt++
				return answer(attempt-1, items)
			}, consumer.WithCapabilities(consumer.Capabilities{MutatesData: mutates}))
			require.NoError(t, err)
			s, err := NewLogs(next, set, "udp", "netflow")
			require.NoError(t, err)
			return func(ctx context.Context, n int) error { return s.Send(ctx, logsOf(n)) }
		},
		part: func(n int) error { return consumererror.NewLogs(errBusy, logsOf(n)) },
	},
}

var errBusy = errors.New("queue is full")

func metricsOf(n int) pmetric.Metrics {
	md := pmetric.NewMetrics()
	points := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty().SetEmptyGauge().DataPoints()
	for range n {
		points.AppendEmpty()
	}
	return md
}

func logsOf(n int) plog.Logs {
	ld := plog.NewLogs()
	records := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	for range n {
		records.AppendEmpty()
	}
	return ld
}

// each runs test in a bubble for both signals, with a Collector's telemetry to look at.
func each(t *testing.T, test func(t *testing.T, s signal, set receiver.Settings, counts func(name string) int64)) {
	for _, s := range signals {
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tel := componenttest.NewTelemetry()
				defer func() { assert.NoError(t, tel.Shutdown(context.Background())) }()
				set := receivertest.NewNopSettings(component.MustNewType("netflow"))
				set.TelemetrySettings = tel.NewTelemetrySettings()
				test(t, s, set, func(name string) int64 {
					m, err := tel.GetMetric(name)
					require.NoError(t, err)
					points := m.Data.(metricdata.Sum[int64]).DataPoints
					require.Len(t, points, 1)
					return points[0].Value
				})
			})
		})
	}
}

func TestWhatIsConsumedIsCounted(t *testing.T) {
	each(t, func(t *testing.T, s signal, set receiver.Settings, counts func(string) int64) {
		send := s.sender(t, set, false, func(_, items int) error {
			assert.Equal(t, 3, items)
			return nil
		})
		require.NoError(t, send(t.Context(), 3))
		assert.EqualValues(t, 3, counts(s.accepted))
		assert.EqualValues(t, 0, counts(s.refused))
	})
}

func TestARefusalThatPassesIsSentAgainWhole(t *testing.T) {
	for _, mutates := range []bool{false, true} {
		each(t, func(t *testing.T, s signal, set receiver.Settings, counts func(string) int64) {
			attempts := 0
			send := s.sender(t, set, mutates, func(i, items int) error {
				attempts++
				assert.Equal(t, 3, items, "attempt %d", i)
				if i < 4 {
					return errBusy
				}
				return nil
			})
			start := time.Now()
			require.NoError(t, send(t.Context(), 3))
			assert.Equal(t, 5, attempts)
			// 100, 200, 400, 800 ms, each ± half.
			assert.GreaterOrEqual(t, time.Since(start), 750*time.Millisecond)
			assert.LessOrEqual(t, time.Since(start), 2250*time.Millisecond)
			assert.EqualValues(t, 3, counts(s.accepted))
			assert.EqualValues(t, 0, counts(s.refused))
		})
	}
}

func TestOnlyTheRefusedPartIsSentAgain(t *testing.T) {
	each(t, func(t *testing.T, s signal, set receiver.Settings, _ func(string) int64) {
		var got []int
		send := s.sender(t, set, false, func(i, items int) error {
			got = append(got, items)
			if i == 0 {
				return s.part(2)
			}
			return nil
		})
		require.NoError(t, send(t.Context(), 5))
		assert.Equal(t, []int{5, 2}, got)
	})
}

func TestAPermanentErrorIsNotTriedAgain(t *testing.T) {
	each(t, func(t *testing.T, s signal, set receiver.Settings, counts func(string) int64) {
		attempts := 0
		send := s.sender(t, set, false, func(int, int) error {
			attempts++
			return consumererror.NewPermanent(errBusy)
		})
		err := send(t.Context(), 3)
		assert.True(t, consumererror.IsPermanent(err))
		assert.Equal(t, 1, attempts)
		assert.EqualValues(t, 0, counts(s.accepted))
		assert.EqualValues(t, 3, counts(s.refused))
	})
}

func TestAConsumerThatNeverTakesIsGivenUp(t *testing.T) {
	each(t, func(t *testing.T, s signal, set receiver.Settings, counts func(string) int64) {
		send := s.sender(t, set, false, func(int, int) error { return consumererror.NewDownstream(errBusy) })
		start := time.Now()
		err := send(t.Context(), 3)
		require.ErrorIs(t, err, errBusy)
		assert.True(t, consumererror.IsDownstream(err), "obsreport tells refused from failed by it")
		assert.ErrorContains(t, err, "gave up after")
		assert.LessOrEqual(t, time.Since(start), MaxElapsedTime)
		assert.Greater(t, time.Since(start), MaxElapsedTime-3*MaxInterval/2)
		assert.EqualValues(t, 3, counts(s.refused))
	})
}

func TestTheContextEndsThePause(t *testing.T) {
	each(t, func(t *testing.T, s signal, set receiver.Settings, counts func(string) int64) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		send := s.sender(t, set, false, func(int, int) error { return errBusy })
		start := time.Now()
		err := send(ctx, 3)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, errBusy, "what the consumer said is not lost")
		assert.Equal(t, time.Second, time.Since(start))
		assert.EqualValues(t, 3, counts(s.refused))
	})
}

func TestAnEndedContextStillGetsOneAttempt(t *testing.T) {
	each(t, func(t *testing.T, s signal, set receiver.Settings, _ func(string) int64) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		attempts := 0
		send := s.sender(t, set, false, func(int, int) error {
			attempts++
			return errBusy
		})
		require.Error(t, send(ctx, 1))
		assert.Equal(t, 1, attempts)
	})
}
