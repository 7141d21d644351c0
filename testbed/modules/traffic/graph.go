package main

import (
	"encoding/json"
	"fmt"
	"os"
)

// Kinds of edges.
const (
	kindHTTP      = "http"      // a client and a server span
	kindGRPC      = "grpc"      // the same, with rpc tags
	kindMessaging = "messaging" // a producer and a consumer span, joined by a broker
	kindDatabase  = "database"  // a client span only
	kindExternal  = "external"  // a client span only
)

// Latency is the time the callee itself takes, without the calls it makes.
// Half of the calls take less than Median; about one in six takes more than
// Median times Spread.
type Latency struct {
	Median float64 `json:"median"`
	Spread float64 `json:"spread"`
}

// Edge is one operation of one service as another service calls it. Without a
// caller it is an entry point, where traces begin.
type Edge struct {
	Caller    string  `json:"caller"`
	Callee    string  `json:"callee"`
	Operation string  `json:"operation"`
	Kind      string  `json:"kind"`
	System    string  `json:"system"` // for example redis or rabbitmq
	Broker    string  `json:"broker"`
	Rate      float64 `json:"rate"`  // calls per second
	Error     float64 `json:"error"` // share of failing calls, 0 to 1
	Latency   Latency `json:"latency_ms"`
}

// Graph is a declared call graph.
type Graph struct {
	Tags  map[string]string `json:"tags"` // on every span
	Edges []*Edge           `json:"edges"`

	entries []*Edge
	calls   map[string][]*Edge
	share   map[*Edge]float64 // calls along an edge for each call of its caller
}

func loadGraph(path string) (*Graph, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	graph := &Graph{calls: map[string][]*Edge{}, share: map[*Edge]float64{}}
	if err := json.Unmarshal(data, graph); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	inflow := map[string]float64{}
	for i, edge := range graph.Edges {
		if err := edge.check(); err != nil {
			return nil, fmt.Errorf("%s: edge %d (%q to %q): %w", path, i+1, edge.Caller, edge.Callee, err)
		}
		if edge.Caller == "" {
			graph.entries = append(graph.entries, edge)
		} else {
			graph.calls[edge.Caller] = append(graph.calls[edge.Caller], edge)
		}
		if edge.reports() {
			inflow[edge.Callee] += edge.Rate
		}
	}
	if len(graph.entries) == 0 {
		return nil, fmt.Errorf("%s: no entry point, that is no edge without a caller", path)
	}
	for caller, edges := range graph.calls {
		if inflow[caller] == 0 {
			return nil, fmt.Errorf("%s: %q calls others, but nothing calls it", path, caller)
		}
		for _, edge := range edges {
			graph.share[edge] = edge.Rate / inflow[caller]
		}
	}
	// Traces end only when an average call causes fewer further calls around
	// every cycle; the declared rates say how many calls a trace should have.
	var total, begun float64
	for _, edge := range graph.Edges {
		total += edge.Rate
		if edge.Caller == "" {
			begun += edge.Rate
		}
	}
	if total/begun > maxSpans/4 {
		return nil, fmt.Errorf("%s: %.0f calls in an average trace are too many", path, total/begun)
	}
	return graph, nil
}

func (e *Edge) check() error {
	if e.Kind == "" {
		e.Kind = kindHTTP
	}
	switch e.Kind {
	case kindHTTP, kindGRPC, kindDatabase, kindExternal:
	case kindMessaging:
		if e.Broker == "" {
			return fmt.Errorf("messaging needs a broker")
		}
	default:
		return fmt.Errorf("unknown kind %q", e.Kind)
	}
	if e.Caller == "" && e.Kind != kindHTTP && e.Kind != kindGRPC {
		return fmt.Errorf("an entry point must be of kind http or grpc")
	}
	if e.Callee == "" || e.Operation == "" {
		return fmt.Errorf("callee and operation are needed")
	}
	if e.Rate <= 0 || e.Rate > 10000 {
		return fmt.Errorf("rate %v is not above 0 and at most 10000", e.Rate)
	}
	if e.Error < 0 || e.Error > 1 {
		return fmt.Errorf("error %v is not between 0 and 1", e.Error)
	}
	if e.Latency.Median == 0 {
		e.Latency.Median = 5
	}
	if e.Latency.Spread == 0 {
		e.Latency.Spread = 1.5
	}
	if e.Latency.Median < 0 || e.Latency.Spread < 1 {
		return fmt.Errorf("latency_ms: median must be above 0, spread at least 1")
	}
	return nil
}

// reports says whether the callee sends spans of its own.
func (e *Edge) reports() bool {
	return e.Kind != kindDatabase && e.Kind != kindExternal
}
