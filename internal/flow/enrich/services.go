package enrich

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

//go:embed services.txt
var servicesText string

const (
	protocolTCP  = 6
	protocolUDP  = 17
	protocolSCTP = 132
)

// services is the name of each known port, by transport.
var services = mustParseServices(servicesText)

func mustParseServices(text string) map[uint8]map[uint16]string {
	s, err := parseServices(text)
	if err != nil {
		panic(err) // the text is compiled in and tested
	}
	return s
}

func parseServices(text string) (map[uint8]map[uint16]string, error) {
	all := map[uint8]map[uint16]string{protocolTCP: {}, protocolUDP: {}, protocolSCTP: {}}
	for n, line := range strings.Split(text, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, rest, _ := strings.Cut(line, " ")
		port, transports, ok := strings.Cut(rest, "/")
		p, err := strconv.ParseUint(port, 10, 16)
		if err != nil || !ok {
			return nil, fmt.Errorf("services line %d: %q: want name port/transport", n+1, line)
		}
		for t := range strings.SplitSeq(transports, ",") {
			number, ok := map[string]uint8{"tcp": protocolTCP, "udp": protocolUDP, "sctp": protocolSCTP}[t]
			if !ok || all[number][uint16(p)] != "" {
				return nil, fmt.Errorf("services line %d: %q: unknown transport or port named twice", n+1, line)
			}
			all[number][uint16(p)] = name
		}
	}
	return all, nil
}
