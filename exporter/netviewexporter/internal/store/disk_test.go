package store

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRestartKeepsSamples(t *testing.T) {
	dir := t.TempDir()
	s := openAt(t, dir)
	appendAll(t, s, cumulative(point(0, time.Second, 42)))
	require.NoError(t, s.Close())
	s = openAt(t, dir)
	defer func() { require.NoError(t, s.Close()) }()
	assert.Equal(t, map[string]float64{"{}": 42}, vector(t, s, `sum(test_io_bytes_total)`, epoch.Add(time.Second)))
}

// A killed process leaves a write-ahead log and a lock file; both must be no obstacle.
func TestKillKeepsSamples(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestWriteAndHang$")
	cmd.Env = append(os.Environ(), "STORE_DIRECTORY="+dir)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	buf := make([]byte, 7)
	_, err = out.Read(buf)
	require.NoError(t, err)
	require.Equal(t, "written", string(buf))
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()

	s := openAt(t, dir)
	defer func() { require.NoError(t, s.Close()) }()
	assert.Equal(t, map[string]float64{"{}": 42}, vector(t, s, `sum(test_io_bytes_total)`, epoch.Add(time.Second)))
}

// TestWriteAndHang is the process that TestKillKeepsSamples kills.
func TestWriteAndHang(t *testing.T) {
	dir := os.Getenv("STORE_DIRECTORY")
	if dir == "" {
		return // only that test sets it
	}
	s := openAt(t, dir)
	appendAll(t, s, cumulative(point(0, time.Second, 42)))
	fmt.Print("written")
	select {}
}

func TestDamagedLogKeepsWhatPrecedesTheDamage(t *testing.T) {
	dir := t.TempDir()
	s := openAt(t, dir)
	appendAll(t, s, cumulative(point(0, time.Second, 42)))
	require.NoError(t, s.Close())
	f, err := os.OpenFile(filepath.Join(dir, "wal", "00000000"), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString("\x01\xff\xffnot a record")
	require.NoError(t, err)
	require.NoError(t, f.Close())

	s = openAt(t, dir)
	defer func() { require.NoError(t, s.Close()) }()
	assert.Equal(t, map[string]float64{"{}": 42}, vector(t, s, `sum(test_io_bytes_total)`, epoch.Add(time.Second)))
	appendAll(t, s, cumulative(point(0, 2*time.Second, 43)))
}

func TestDamagedBlockIsAnErrorThatSaysWhatToDo(t *testing.T) {
	dir := t.TempDir()
	block := filepath.Join(dir, "01ARZ3NDEKTSV4RRFFQ69G5FAV")
	require.NoError(t, os.MkdirAll(filepath.Join(block, "chunks"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(block, "meta.json"), []byte(`{"version":1,"ulid":"01ARZ3NDEKTSV4RRFFQ69G5FAV","minTime":0,"maxTime":7200000}`), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(block, "index"), []byte("junk"), 0o644))
	_, err := Open(Options{Directory: dir})
	require.Error(t, err)
	assert.Contains(t, err.Error(), dir)
	assert.Contains(t, err.Error(), "move it away to start with an empty one")
	assert.NotContains(t, err.Error(), "\n")
}

func TestDirectoryInUse(t *testing.T) {
	dir := t.TempDir()
	s := openAt(t, dir)
	defer func() { require.NoError(t, s.Close()) }()
	_, err := Open(Options{Directory: dir})
	require.ErrorIs(t, err, ErrLocked)
	assert.Contains(t, err.Error(), dir)
}

func TestDirectoryThatIsAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, nil, 0o644))
	_, err := Open(Options{Directory: path})
	var pathError *fs.PathError
	require.ErrorAs(t, err, &pathError)
}

func TestTemporaryDirectoryIsRemoved(t *testing.T) {
	s := openAt(t, "")
	dir := s.opts.Directory
	assert.DirExists(t, dir)
	assert.Empty(t, s.Stats().Directory)
	require.NoError(t, s.Close())
	assert.NoDirExists(t, dir)
}

func TestSamplesOnDiskAndInMemoryAreOneSeries(t *testing.T) {
	s := open(t)
	for i := range 300 {
		appendAll(t, s, cumulative(point(0, time.Duration(i)*time.Minute, int64(i))))
	}
	require.NoError(t, s.db.Compact(t.Context()))
	require.Positive(t, s.Stats().Blocks)
	got := vector(t, s, `sum(count_over_time(test_io_bytes_total[301m]))`, epoch.Add(300*time.Minute))
	assert.Equal(t, map[string]float64{"{}": 300}, got)
	st := s.Stats()
	assert.Equal(t, epoch, st.MinTime.UTC())
	assert.Equal(t, epoch.Add(299*time.Minute), st.MaxTime.UTC())
}
