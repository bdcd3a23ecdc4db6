package snmpreceiver

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/netcol-io/netcol/internal/snmp/agenttest"
	"github.com/netcol-io/netcol/receiver/snmpreceiver/internal/metadata"
)

// Pipelines and configuration that don't fit each other start, and a warning says what to do.
func TestPipelinesThatGetNothingAreWarnedOf(t *testing.T) {
	for name, tc := range map[string]struct {
		logs, traps bool
		want        []string
	}{
		"a logs pipeline without traps": {logs: true, want: []string{
			"A logs pipeline receives nothing from here: configure traps, as traps: {endpoint: 0.0.0.0:1162, credentials: [name]}",
		}},
		"traps without a logs pipeline": {traps: true, want: []string{
			"Traps are configured, but this receiver is in no logs pipeline: not listening for them",
		}},
		"neither": {},
	} {
		t.Run(name, func(t *testing.T) {
			server := agenttest.Serve(t, modelSwitch(1))
			cfg := configFor(server.Address)
			if tc.traps {
				traps := *trapConfig().Traps.Get()
				traps.Credentials = []string{"lab"}
				cfg.Traps = configoptional.Some(traps)
			}
			require.NoError(t, cfg.Validate())
			core, logs := observer.New(zap.WarnLevel)
			set := receivertest.NewNopSettings(metadata.Type)
			set.Logger = zap.New(core)
			var made component.Component
			made, err := NewFactory().CreateMetrics(t.Context(), set, cfg, consumertest.NewNop())
			require.NoError(t, err)
			if tc.logs {
				made, err = NewFactory().CreateLogs(t.Context(), set, cfg, consumertest.NewNop())
				require.NoError(t, err)
			}
			require.NoError(t, made.Start(t.Context(), componenttest.NewNopHost()))
			require.NoError(t, made.Shutdown(context.Background()))
			var told []string
			for _, line := range logs.All() {
				told = append(told, line.Message)
			}
			assert.Equal(t, tc.want, told)
		})
	}
}
