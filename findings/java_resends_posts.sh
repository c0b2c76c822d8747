#!/usr/bin/env bash
# Java 17 HttpURLConnection: a POST whose connection is closed without an answer is sent a second time, on a fresh connection
# too, and the caller sees one failed request. (Off with -Dsun.net.http.retryPost=false.) java.net.http.HttpClient sends it once.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
cat > "$folder/Posts.java" <<'EOF'
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.atomic.AtomicInteger;

public class Posts {
    static final AtomicInteger posts = new AtomicInteger();

    /** Reads requests and closes without an answer. */
    static void serve(ServerSocket server) {
        while (true) {
            try (Socket socket = server.accept()) {
                BufferedReader lines = new BufferedReader(new InputStreamReader(socket.getInputStream()));
                if (String.valueOf(lines.readLine()).startsWith("POST")) {
                    posts.incrementAndGet();
                }
                for (String line = lines.readLine(); line != null && !line.isEmpty(); line = lines.readLine()) {}
                lines.read();
                lines.read();
            } catch (IOException gone) {
                return;
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        ServerSocket server = new ServerSocket(0);
        Thread thread = new Thread(() -> serve(server));
        thread.setDaemon(true);
        thread.start();
        URI url = URI.create("http://127.0.0.1:" + server.getLocalPort());

        HttpURLConnection connection = (HttpURLConnection) url.toURL().openConnection();
        connection.setDoOutput(true);
        connection.getOutputStream().write("{}".getBytes());
        try {
            connection.getResponseCode();
        } catch (IOException expected) {
        }
        int old = posts.getAndSet(0);

        HttpRequest request = HttpRequest.newBuilder(url).POST(HttpRequest.BodyPublishers.ofString("{}")).build();
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        try {
            client.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException expected) {
        }
        System.out.println("POSTs of one call: " + old + " by HttpURLConnection, " + posts.get() + " by HttpClient");
        System.exit(old == 2 && posts.get() == 1 ? 0 : 1);
    }
}
EOF
java "$folder/Posts.java"
