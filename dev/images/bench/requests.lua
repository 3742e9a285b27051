-- Asks for each path after "--" in turn, and prints what came of it as one line of JSON.
local paths, at = {}, 0

function init(arguments)
   for index = 1, #arguments do
      paths[index] = arguments[index]
   end
end

function request()
   at = at % #paths + 1
   return wrk.format("GET", paths[at])
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format(
      '{"requests": %d, "seconds": %.3f, "bytes": %d, "bad_answers": %d, "broken": %d, '
         .. '"p50_ms": %.2f, "p95_ms": %.2f, "p99_ms": %.2f}\n',
      summary.requests, summary.duration / 1e6, summary.bytes, errors.status,
      errors.connect + errors.read + errors.write + errors.timeout,
      latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3
   ))
end
