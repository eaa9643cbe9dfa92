// SPDX-License-Identifier: BSD-3-Clause
// echo serve PORT                  sends back what comes, to everybody who connects
// echo ask ADDRESS PORT TEXT...    sends each text and prints the answers
// The daemon's socket: $SPANWAY_SOCKET.
#include <spanway.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static spanway_attachment* at;

static int check(int result, const char* what) {
  if (result >= 0) return result;
  fprintf(stderr, "echo: %s: %s %s\n", what, spanway_error_text(result),
          at != NULL ? spanway_reason(at) : "");
  exit(1);
}

// Everything that came.
static void answer(spanway_connection* connection) {
  spanway_message message;
  int error;
  while ((error = spanway_receive(connection, &message, 0)) == 0) {
    check(spanway_send(connection, message.stream, message.data, message.bytes, -1), "send");
    spanway_release(connection, &message);
  }
  // The peer has finished, or the connection is over; what was answered still goes out.
  if (error != SPANWAY_EAGAIN) spanway_close(connection);
}

static void serve(int port) {
  port = check(spanway_listen(at, (uint16_t)port, NULL), "listen");
  printf("listening on %d\n", port);
  fflush(stdout);
  for (;;) {
    spanway_event event;
    check(spanway_poll(at, &event, 1, -1), "poll");
    spanway_connection* connection = NULL;
    if (event.what & SPANWAY_INCOMING)
      while (spanway_accept(at, event.port, 0, &connection) == 0) answer(connection);
    else if (event.what & (SPANWAY_READABLE | SPANWAY_OVER))
      answer(event.connection);
  }
}

static void ask(const char* address, int port, int count, char** texts) {
  spanway_connection* connection = NULL;
  check(spanway_connect(at, address, (uint16_t)port, NULL, 10000, &connection), "connect");
  for (int i = 0; i < count; ++i)
    check(spanway_send(connection, 0, texts[i], strlen(texts[i]), -1), "send");
  check(spanway_finish(connection), "finish");
  for (;;) {
    spanway_message message;
    const int error = spanway_receive(connection, &message, 30000);
    if (error == SPANWAY_EEND) break;
    check(error, "receive");
    printf("%.*s\n", (int)message.bytes, (const char*)message.data);
    spanway_release(connection, &message);
  }
  spanway_close(connection);
}

int main(int count, char** words) {
  const int serves = count == 3 && strcmp(words[1], "serve") == 0;
  if (!serves && !(count >= 5 && strcmp(words[1], "ask") == 0)) {
    fprintf(stderr, "usage: echo serve PORT | echo ask ADDRESS PORT TEXT...\n");
    return 2;
  }
  check(spanway_attach(NULL, &at), "attach");
  if (serves)
    serve(atoi(words[2]));
  else
    ask(words[2], atoi(words[3]), count - 4, words + 4);
  spanway_detach(at);
  return 0;
}
