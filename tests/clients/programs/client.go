// Go's net/http, with one client whose connections are kept. Reads lines, answers each with one line.
package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
	"time"
)

func fresh() *http.Client {
	return &http.Client{Transport: &http.Transport{}, Timeout: 8 * time.Second}
}

func send(client *http.Client, request *http.Request) string {
	response, err := client.Do(request)
	if err != nil {
		return "error " + strings.ReplaceAll(err.Error(), "\n", " ")
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return "error " + err.Error()
	}
	return fmt.Sprint(response.StatusCode)
}

func main() {
	client := fresh()
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 65536), 65536)
	for lines.Scan() {
		words := strings.Split(lines.Text(), "\t")
		switch words[0] {
		case "version":
			fmt.Println(strings.TrimPrefix(runtime.Version(), "go"))
		case "new":
			client = fresh()
			fmt.Println("ok")
		case "warm":
			request, _ := http.NewRequest("GET", words[1], nil)
			fmt.Println(send(client, request))
		case "pay":
			request, _ := http.NewRequest("POST", words[1], strings.NewReader(words[4]))
			request.Header.Set("Content-Type", "application/json")
			request.Header.Set("Authorization", "Bearer "+words[3])
			request.Header.Set("Idempotency-Key", words[2])
			fmt.Println(send(client, request))
		}
	}
}
