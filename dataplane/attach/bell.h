// SPDX-License-Identifier: BSD-3-Clause
// How the two sides wake each other, when the other one sleeps. Any thread.
//
// To the worker: an eventfd that it waits for by edges and never reads. To the application: a pipe,
// of which it holds the end to read from. An eventfd would not do there: its flags belong to all
// who hold it, so an application could fill it, make it block, and with it the worker. A pipe's
// ends have flags of their own, and the daemon keeps a reader, so that no signal comes when the
// application has gone.
#pragma once

#include "dataplane/attach/shared_memory.h"

namespace spanway::attach {

// Worker to application.
struct Pipe {
  Fd reads, writes;
  static Result<Pipe> create();
};

// Application to worker.
Result<Fd> make_eventfd();

// Never waits: a pipe that is full has been heard. -1: nobody is there.
void ring_bell(int pipe) noexcept;
void ring_eventfd(int eventfd) noexcept;
// The application's end, after it woke.
void hush_bell(int pipe) noexcept;

}  // namespace spanway::attach
