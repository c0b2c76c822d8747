// Three HTTP clients of Java: java.net.HttpURLConnection, java.net.http.HttpClient, OkHttp. Which one, the argument says.
// Reads lines, answers each with one line.

import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

interface Sender {
    String version();

    /** Sends a GET where `key` is null, else a POST; returns the answer's status. */
    int send(String url, String key, String token, String body) throws Exception;
}

class OfUrlConnection implements Sender {
    public String version() {
        return System.getProperty("java.version");
    }

    public int send(String url, String key, String token, String body) throws Exception {
        HttpURLConnection connection = (HttpURLConnection) new URL(url).openConnection();
        connection.setReadTimeout(8000);
        if (key != null) {
            connection.setRequestMethod("POST");
            connection.setDoOutput(true);
            connection.setRequestProperty("Content-Type", "application/json");
            connection.setRequestProperty("Authorization", "Bearer " + token);
            connection.setRequestProperty("Idempotency-Key", key);
            connection.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
        }
        int status = connection.getResponseCode();
        try (InputStream answer = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            if (answer != null) {
                answer.readAllBytes();
            }
        }
        return status;
    }
}

class OfNetHttp implements Sender {
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    public String version() {
        return System.getProperty("java.version");
    }

    public int send(String url, String key, String token, String body) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(8));
        if (key != null) {
            request.header("Content-Type", "application/json").header("Authorization", "Bearer " + token);
            request.header("Idempotency-Key", key).POST(HttpRequest.BodyPublishers.ofString(body));
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString()).statusCode();
    }
}

class OfOkHttp implements Sender {
    private final okhttp3.OkHttpClient client =
            new okhttp3.OkHttpClient.Builder().callTimeout(Duration.ofSeconds(8)).build();

    public String version() {
        return okhttp3.OkHttp.VERSION;
    }

    public int send(String url, String key, String token, String body) throws Exception {
        okhttp3.Request.Builder request = new okhttp3.Request.Builder().url(url);
        if (key != null) {
            request.header("Authorization", "Bearer " + token).header("Idempotency-Key", key);
            request.post(okhttp3.RequestBody.create(body, okhttp3.MediaType.get("application/json")));
        }
        try (okhttp3.Response response = client.newCall(request.build()).execute()) {
            response.body().string();
            return response.code();
        }
    }
}

public class Client {
    private static Sender make(String kind) {
        return switch (kind) {
            case "urlconnection" -> new OfUrlConnection();
            case "net-http" -> new OfNetHttp();
            default -> new OfOkHttp();
        };
    }

    public static void main(String[] arguments) throws Exception {
        Sender sender = make(arguments[0]);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] words = line.split("\t");
            String told;
            try {
                told = switch (words[0]) {
                    case "version" -> sender.version();
                    case "warm" -> String.valueOf(sender.send(words[1], null, null, null));
                    case "pay" -> String.valueOf(sender.send(words[1], words[2], words[3], words[4]));
                    default -> {
                        sender = make(arguments[0]);
                        yield "ok";
                    }
                };
            } catch (Exception error) {
                told = "error " + error;
            }
            System.out.println(told.replace('\n', ' '));
            System.out.flush();
        }
        System.exit(0);
    }
}
