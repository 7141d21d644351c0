package main

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"strings"
	"time"
)

const (
	maxDepth = 16  // calls inside one another; a graph may have cycles
	maxSpans = 400 // in one trace
)

type endpoint struct {
	ServiceName string `json:"serviceName"`
	Port        int    `json:"port,omitempty"`
}

type span struct {
	TraceID        string            `json:"traceId"`
	ID             string            `json:"id"`
	ParentID       string            `json:"parentId,omitempty"`
	Kind           string            `json:"kind"`
	Name           string            `json:"name"`
	Timestamp      int64             `json:"timestamp"` // microseconds
	Duration       int64             `json:"duration"`  // microseconds
	LocalEndpoint  endpoint          `json:"localEndpoint"`
	RemoteEndpoint *endpoint         `json:"remoteEndpoint,omitempty"`
	Tags           map[string]string `json:"tags"`
}

// trace builds the spans of one trace. Times are microseconds from its start.
type trace struct {
	graph *Graph
	rng   *rand.Rand
	id    string
	spans []*span
	seen  map[*Edge]int
}

// makeTrace makes one whole trace that has just ended.
func makeTrace(graph *Graph, rng *rand.Rand, entry *Edge, seen map[*Edge]int) []*span {
	t := &trace{graph: graph, rng: rng, seen: seen}
	// Identifiers stay unique when a seed makes all else repeat.
	t.id = fmt.Sprintf("%016x%016x", rand.Uint64(), rand.Uint64()|1)
	t.serve(entry, nil, 0, 0)
	// What is consumed from a broker may last longer than the first call.
	var end int64
	for _, s := range t.spans {
		end = max(end, s.Timestamp+s.Duration)
	}
	begun := time.Now().UnixMicro() - end
	for _, s := range t.spans {
		s.Timestamp += begun
	}
	return t.spans
}

// serve adds the callee's side of a call that reaches it at start, with all
// calls that it makes, and returns when it ended.
func (t *trace) serve(edge *Edge, caller *span, start int64, depth int) int64 {
	s := t.add(caller, "SERVER", edge, edge.Callee, start)
	if edge.Caller != "" {
		s.RemoteEndpoint = &endpoint{ServiceName: edge.Caller}
	}
	if edge.Kind == kindMessaging {
		s.Kind = "CONSUMER"
		s.RemoteEndpoint = &endpoint{ServiceName: edge.Broker}
	}
	t.seen[edge]++
	own := t.latency(edge)
	now := start + own/2
	for _, next := range t.graph.calls[edge.Callee] {
		for range t.count(t.graph.share[next]) {
			if depth >= maxDepth || len(t.spans) >= maxSpans {
				break
			}
			now = t.call(next, s, now, depth+1)
		}
	}
	end := now + own - own/2
	s.Duration = end - start
	t.outcome(edge, s, caller)
	return end
}

// call adds the caller's side of a call, and the callee's where it reports.
func (t *trace) call(edge *Edge, parent *span, start int64, depth int) int64 {
	s := t.add(parent, "CLIENT", edge, edge.Caller, start)
	network := 100 + t.rng.Int64N(700)
	var end int64
	switch edge.Kind {
	case kindMessaging:
		// The producer does not wait; the consumer gets it a little later.
		s.Kind = "PRODUCER"
		s.RemoteEndpoint = &endpoint{ServiceName: edge.Broker}
		s.Duration = network
		t.serve(edge, s, start+network+1000+t.rng.Int64N(20000), depth)
		return start + network
	case kindDatabase, kindExternal:
		s.RemoteEndpoint = &endpoint{ServiceName: edge.Callee}
		t.seen[edge]++
		end = start + network + t.latency(edge)
		t.outcome(edge, s, nil)
	default:
		s.RemoteEndpoint = &endpoint{ServiceName: edge.Callee}
		end = t.serve(edge, s, start+network/2, depth) + network/2
	}
	s.Duration = end - start
	return end
}

func (t *trace) add(parent *span, kind string, edge *Edge, service string, start int64) *span {
	s := &span{
		TraceID:       t.id,
		ID:            fmt.Sprintf("%016x", rand.Uint64()|1),
		Kind:          kind,
		Name:          edge.Operation,
		Timestamp:     start,
		LocalEndpoint: endpoint{ServiceName: service},
		Tags:          maps.Clone(t.graph.Tags),
	}
	if s.Tags == nil {
		s.Tags = map[string]string{}
	}
	if parent != nil {
		s.ParentID = parent.ID
	}
	t.describe(s, edge, parent)
	t.spans = append(t.spans, s)
	return s
}

func (t *trace) describe(s *span, edge *Edge, parent *span) {
	switch edge.Kind {
	case kindHTTP, kindExternal:
		method, route, ok := strings.Cut(edge.Operation, " ")
		if !ok {
			return
		}
		s.Tags["http.method"] = method
		if s.Kind == "SERVER" {
			s.Tags["http.route"] = route
			if parent != nil {
				s.Tags["http.path"] = parent.Tags["http.path"]
				return
			}
		} else {
			s.Name = method // all that a client knows
		}
		s.Tags["http.path"] = t.fill(route)
	case kindGRPC:
		service, method, _ := strings.Cut(edge.Operation, "/")
		s.Tags["rpc.system"] = "grpc"
		s.Tags["rpc.service"] = service
		s.Tags["rpc.method"] = method
	case kindMessaging:
		s.Tags["messaging.system"] = edge.System
		s.Tags["messaging.destination.name"] = edge.Operation
		if s.Kind == "SERVER" {
			s.Name = edge.Operation + " process"
		} else {
			s.Name = edge.Operation + " publish"
		}
	case kindDatabase:
		verb, _, _ := strings.Cut(edge.Operation, " ")
		s.Name = verb
		s.Tags["db.system"] = edge.System
		s.Tags["db.statement"] = edge.Operation
	}
}

// fill puts numbers in the place of the {parts} of a route.
func (t *trace) fill(route string) string {
	parts := strings.Split(route, "/")
	for i, part := range parts {
		if strings.HasPrefix(part, "{") {
			parts[i] = fmt.Sprint(1000 + t.rng.IntN(9000))
		}
	}
	return strings.Join(parts, "/")
}

// outcome decides whether the call failed, and marks both of its sides.
func (t *trace) outcome(edge *Edge, s, caller *span) {
	if t.rng.Float64() >= edge.Error {
		return
	}
	tags := map[string]string{"error": "deadline exceeded"}
	switch edge.Kind {
	case kindHTTP, kindExternal:
		tags = map[string]string{"error": "500", "http.status_code": "500"}
	case kindGRPC:
		tags = map[string]string{"error": "UNAVAILABLE", "rpc.grpc.status_code": "14"}
	}
	maps.Copy(s.Tags, tags)
	if caller != nil && edge.Kind != kindMessaging {
		maps.Copy(caller.Tags, tags)
	}
}

// latency draws from a log-normal distribution.
func (t *trace) latency(edge *Edge) int64 {
	ms := edge.Latency.Median * math.Exp(t.rng.NormFloat64()*math.Log(edge.Latency.Spread))
	return max(20, min(int64(ms*1000), 60_000_000))
}

// count draws a whole number whose mean is share.
func (t *trace) count(share float64) int {
	whole, part := math.Modf(share)
	if t.rng.Float64() < part {
		whole++
	}
	return int(whole)
}
