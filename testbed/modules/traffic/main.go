// Traffic posts Zipkin v2 spans for a declared call graph to a Zipkin server
// on this machine.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

const (
	tick      = 500 * time.Millisecond
	maxBatch  = 2000             // spans in one request
	maxTraces = 2000             // in one tick
	patience  = 60 * time.Second // with a server that does not answer
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "traffic: error:", err)
		os.Exit(1)
	}
}

type options struct {
	graph   string
	server  string
	factor  float64
	seconds float64
	once    bool
	seed    uint64
}

func parse() (options, error) {
	var o options
	flag.StringVar(&o.graph, "graph", "", "the `FILE` with the call graph")
	flag.StringVar(&o.server, "server", os.Getenv("ZIPKIN_URL"), "the Zipkin server's `URL`")
	flag.Float64Var(&o.factor, "rate", 1, "multiplies all rates of the graph")
	flag.Float64Var(&o.seconds, "seconds", 0, "how long; 0 is until interrupted")
	flag.BoolVar(&o.once, "once", false, "post one batch with every edge in it, and end")
	flag.Uint64Var(&o.seed, "seed", 0, "for the same calls and latencies each time; 0 is a random one")
	flag.Parse()
	switch {
	case flag.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", flag.Arg(0))
	case !(o.factor > 0 && o.factor <= 1000):
		return o, errors.New("-rate must be above 0 and at most 1000")
	case !(o.seconds >= 0 && o.seconds <= 1e7):
		return o, errors.New("-seconds must be 0 or more")
	}
	return o, checkServer(o.server)
}

// checkServer refuses everything but this machine.
func checkServer(server string) error {
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "http" || u.Host == "" || u.User != nil {
		return fmt.Errorf("the Zipkin server must be an http URL, not %q", server)
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("spans go to this machine only, not to %q", u.Host)
	}
	return nil
}

func run() error {
	o, err := parse()
	if err != nil {
		return err
	}
	graph, err := loadGraph(o.graph)
	if err != nil {
		return err
	}
	if o.seed == 0 {
		o.seed = rand.Uint64()
	}
	rng := rand.New(rand.NewPCG(o.seed, 1))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s := newSender(o.server)
	if o.once {
		return once(ctx, graph, rng, s)
	}
	return flow(ctx, graph, rng, s, o)
}

func once(ctx context.Context, graph *Graph, rng *rand.Rand, s *sender) error {
	seen := map[*Edge]int{}
	var spans []*span
	traces := 0
	// All entry points alike, until all edges have been taken.
	for traces < 5000 && (len(seen) < len(graph.Edges) || traces < 20) {
		entry := graph.entries[traces%len(graph.entries)]
		spans = append(spans, makeTrace(graph, rng, entry, seen)...)
		traces++
	}
	if err := s.send(ctx, spans); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "traffic: %d traces, %d spans, %d of %d edges\n", traces, len(spans), len(seen), len(graph.Edges))
	return nil
}

func flow(ctx context.Context, graph *Graph, rng *rand.Rand, s *sender, o options) error {
	if o.seconds > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(o.seconds*float64(time.Second)))
		defer cancel()
	}
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	seen := map[*Edge]int{}
	begun, last, told, answered := time.Now(), time.Now(), time.Now(), time.Now()
	var traces, spans, lost, allSpans int
	for {
		select {
		case <-ctx.Done():
			fmt.Fprintf(os.Stderr, "traffic: %d spans in %.0f s\n", allSpans, time.Since(begun).Seconds())
			return nil
		case <-ticker.C:
		}
		// A slow server makes ticks late: then catch up, but not without end.
		passed := min(time.Since(last).Seconds(), 5)
		last = time.Now()
		var batch []*span
		made := 0
		for _, entry := range graph.entries {
			for range poisson(rng, entry.Rate*o.factor*passed) {
				if made++; made <= maxTraces {
					batch = append(batch, makeTrace(graph, rng, entry, seen)...)
				}
			}
		}
		made = min(made, maxTraces)
		if err := s.send(ctx, batch); err == nil {
			traces, spans, allSpans, answered = traces+made, spans+len(batch), allSpans+len(batch), time.Now()
		} else if ctx.Err() == nil {
			lost += len(batch)
			if time.Since(answered) > patience {
				return fmt.Errorf("no answer for %.0f s: %w", patience.Seconds(), err)
			}
		}
		if since := time.Since(told); since >= 10*time.Second {
			fmt.Fprintf(os.Stderr, "traffic: %.1f traces/s, %.0f spans/s, %d spans lost\n",
				float64(traces)/since.Seconds(), float64(spans)/since.Seconds(), lost)
			traces, spans, lost, told = 0, 0, 0, time.Now()
		}
	}
}

// poisson draws how many of many independent things happen when mean do.
func poisson(rng *rand.Rand, mean float64) int {
	if mean > 100 {
		return max(0, int(math.Round(mean+math.Sqrt(mean)*rng.NormFloat64())))
	}
	n, p, limit := 0, rng.Float64(), math.Exp(-mean)
	for p > limit {
		p *= rng.Float64()
		n++
	}
	return n
}

type sender struct {
	url    string
	client *http.Client
}

func newSender(server string) *sender {
	return &sender{
		url: strings.TrimRight(server, "/") + "/api/v2/spans",
		client: &http.Client{
			Timeout:   5 * time.Second,
			Transport: &http.Transport{Proxy: nil, MaxIdleConns: 2},
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return errors.New("the server redirects")
			},
		},
	}
}

func (s *sender) send(ctx context.Context, spans []*span) error {
	for len(spans) > 0 {
		part := spans[:min(len(spans), maxBatch)]
		spans = spans[len(part):]
		body, err := json.Marshal(part)
		if err != nil {
			return err
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(body))
		if err != nil {
			return err
		}
		request.Header.Set("Content-Type", "application/json")
		answer, err := s.client.Do(request)
		if err != nil {
			return err
		}
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 500))
		answer.Body.Close()
		if answer.StatusCode != http.StatusAccepted {
			return fmt.Errorf("%s answered %s: %s", s.url, answer.Status, text)
		}
	}
	return nil
}
