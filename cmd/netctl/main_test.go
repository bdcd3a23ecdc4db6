package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"netctl":     main,
		"fakenetcol": fakeNetcol,
		"askagent":   askAgent,
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			// A network and ports of its own for each script: they run at the same time.
			third := 80 + scriptNumber()
			for name, value := range map[string]string{
				"BASE":  fmt.Sprintf("127.%d.0.0", third),
				"FIRST": fmt.Sprintf("127.%d.1.1", third),
				"PORT":  freePort(t),
			} {
				env.Setenv(name, value)
			}
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"waitfor": waitFor,
		},
	})
}

var scripts = make(chan int, 1)

func init() { scripts <- 0 }

func scriptNumber() int {
	n := <-scripts
	scripts <- n + 1
	return n
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// waitFor is "waitfor file": until the file is there.
func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: waitfor file")
	}
	path := ts.MkAbs(args[0])
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(path); err == nil {
			return
		}
	}
	ts.Fatalf("%s did not appear", args[0])
}

// fakeNetcol behaves as a collector in the way that FAKE names. It writes files to tell how far it came.
func fakeNetcol() {
	fmt.Printf("state in %s, arguments %q\n", os.Getenv("NETCOL_DEMO_STATE"), os.Args[1:])
	switch os.Getenv("FAKE") {
	case "port busy":
		fmt.Println("2026-03-14T09:00:00.000Z\tinfo\tservice@v0.161.0/service.go:1\tStarting netcol...")
		fmt.Println(`Error: cannot start pipelines: failed to start "netflow" receiver: endpoint 127.0.0.1:2055: another program already receives there`)
		os.Exit(1)
	case "page, then port busy":
		listener, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("PORT"))
		if err != nil {
			panic(err)
		}
		go func() { _ = http.Serve(listener, nil) }()
		time.Sleep(500 * time.Millisecond)
		fmt.Println("Error: cannot start pipelines:\n\n  too late")
		os.Exit(1)
	case "no page":
		select {}
	}
	fmt.Println("2026-03-14T09:00:00.000Z\tinfo\tservice@v0.161.0/service.go:1\tEverything is ready. Begin running and processing data.")
	fmt.Println("2026-03-14T09:00:00.000Z\terror\tsnmp\tdevice does not answer")
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("PORT"))
	if err != nil {
		panic(err)
	}
	mark("listening")
	go func() { _ = http.Serve(listener, nil) }()
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	if os.Getenv("FAKE") == "dies later" {
		http.HandleFunc("/", func(http.ResponseWriter, *http.Request) {
			time.AfterFunc(200*time.Millisecond, func() {
				fmt.Println("panic: out of memory")
				os.Exit(2)
			})
		})
	} else {
		http.HandleFunc("/", func(http.ResponseWriter, *http.Request) { mark("page-was-asked") })
	}
	<-term
	fmt.Println("flushing")
	mark("ended-in-order")
	os.Exit(0)
}

// mark leaves a file for the script to find.
func mark(name string) {
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		panic(err)
	}
}

// askAgent is "askagent address": an SNMP agent's reply to a request for its name, or an exit status.
func askAgent() {
	// An SNMPv2c GetRequest of sysName.0 with community "public".
	const request = "0&\x02\x01\x01\x04\x06public\xa0\x19\x02\x01\x01\x02\x01\x00\x02\x01\x000\x0e0\x0c\x06\x08+\x06\x01\x02\x01\x01\x05\x00\x05\x00"
	reply := make([]byte, 2000)
	for range 50 {
		c, err := net.Dial("udp", os.Args[1])
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		_, _ = c.Write([]byte(request))
		_ = c.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
		if n, err := c.Read(reply); err == nil {
			fmt.Printf("%s\n", reply[:n])
			mark("answered")
			return
		}
		c.Close()
		time.Sleep(50 * time.Millisecond)
	}
	os.Exit(1)
}
