#!/usr/bin/env bash
# Go 1.26 net/http: a POST with an Idempotency-Key header is sent again, without a word to the caller, when a connection that
# was used before is closed without an answer: once for each idle connection, and once on a new one. Three idle
# connections make four requests out of one call. Without the header it is one. The server may have acted on each.
# (net/http.Request.isReplayable; documented at net/http.Transport.)
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
case "$(go version)" in *go1.26*) ;; *) echo "this was seen with Go 1.26, here is $(go version)" && exit 1 ;; esac
cat > "$folder/main.go" <<'EOF'
package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
)

const idle = 3

// sent counts the POSTs that one call makes on a client with idle connections, to a server that closes without an answer.
func sent(headers map[string]string) int32 {
	var posts atomic.Int32
	var arrived sync.WaitGroup
	arrived.Add(idle)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "GET" {
			arrived.Done()
			arrived.Wait()
			return
		}
		io.Copy(io.Discard, r.Body)
		posts.Add(1)
		connection, _, _ := w.(http.Hijacker).Hijack()
		connection.Close()
	}))
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: idle}}
	var warming sync.WaitGroup
	for range idle {
		warming.Go(func() {
			answer, _ := client.Get(server.URL)
			io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
		})
	}
	warming.Wait()
	request, _ := http.NewRequest("POST", server.URL, strings.NewReader("{}"))
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	if _, err := client.Do(request); err == nil {
		panic("there was an answer")
	}
	return posts.Load()
}

func main() {
	with, without := sent(map[string]string{"Idempotency-Key": "order-1"}), sent(nil)
	fmt.Printf("POSTs of one call on %d idle connections: %d with an Idempotency-Key, %d without\n", idle, with, without)
	if with != idle+1 || without != 1 {
		os.Exit(1)
	}
}
EOF
cd "$folder" && go run main.go
