using System.Globalization;
using System.Text.Json;
using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Pressure;

namespace Atlas.Pipeline.Host.Reporting;

/// <summary>The report for programs: one JSON object. Its names are part of the surface that scripts rely on.</summary>
internal static class JsonReport
{
    public static byte[] Write(string pipeline, DateTimeOffset startedAt, RunOutcome outcome)
    {
        var books = outcome.Last.Books;
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("pipeline", pipeline);
            json.WriteString("started_at", startedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            json.WriteNumber("elapsed_s", Math.Round(outcome.Last.Elapsed.TotalSeconds, 3));
            json.WriteNumber("received", books.Received);
            json.WriteNumber("duplicates", books.Duplicates);
            CountsJson.Write(json, "rejected", books.Rejected);
            json.WriteNumber("admitted", books.Admitted);
            if (books.AdmittedBefore > 0)
                json.WriteNumber("admitted_before", books.AdmittedBefore);
            json.WriteNumber("redirect_targets", books.RedirectTargets);
            json.WriteNumber("done", books.Done);
            json.WriteNumber("aliases", books.Aliases);
            CountsJson.Write(json, "dead", books.Dead);
            if (books.Purged > 0)
                json.WriteNumber("purged", books.Purged);
            json.WriteNumber("queued", books.Queued);
            json.WriteNumber("leased", books.Leased);
            json.WriteNumber("retries", books.Retries);
            if (!books.Refetches.IsEmpty)
                WriteRefetches(json, books.Refetches);
            json.WriteNumber("bytes_fetched", books.BytesFetched);
            json.WriteNumber("dedup_authority_caught", books.DedupAuthorityCaught);
            if (outcome.Last.Commits is { Commits: > 0 } commits)
            {
                json.WriteStartObject("commits");
                json.WriteNumber("count", commits.Commits);
                json.WriteNumber("mean_rows", Math.Round(commits.MeanRows, 1));
                json.WriteNumber("mean_ms", Math.Round(commits.MeanTime.TotalMilliseconds, 2));
                json.WriteNumber("batch", commits.Size);
                json.WriteEndObject();
            }

            if (outcome.Last.Durable is { Count: > 0 } durable)
            {
                json.WriteStartObject("documents");
                json.WriteNumber("stored", durable.Count);
                json.WriteNumber("durable_p50_ms", Math.Round(durable.Quantile(0.5).TotalMilliseconds, 2));
                json.WriteNumber("durable_p99_ms", Math.Round(durable.Quantile(0.99).TotalMilliseconds, 2));
                json.WriteNumber("durable_max_ms", Math.Round(durable.Quantile(1).TotalMilliseconds, 2));
                json.WriteEndObject();
            }

            if (outcome.Last.Pressure is { } pressure)
                WritePressure(json, pressure);
            json.WriteBoolean("balanced", outcome.Balances);
            DuplicateText.Write(json, books.DuplicatesBySource, outcome.Last.WorstHosts);
            json.WriteEndObject();
        }

        bytes.WriteByte((byte)'\n');
        return bytes.ToArray();
    }

    private static void WriteRefetches(Utf8JsonWriter json, RefetchBooks refetches)
    {
        json.WriteStartObject("refetches");
        json.WriteNumber("not_modified", refetches.NotModified);
        json.WriteNumber("unchanged", refetches.Unchanged);
        json.WriteNumber("changed", refetches.Changed);
        CountsJson.Write(json, "refetch_failed", refetches.Failed);
        json.WriteNumber("waiting", refetches.Waiting);
        json.WriteEndObject();
    }

    private static void WritePressure(Utf8JsonWriter json, PressureState pressure)
    {
        json.WriteStartObject("pressure");
        json.WriteString("worst", pressure.Worst.Word());
        json.WriteStartObject("seconds");
        for (var level = PressureLevel.None; level <= PressureLevel.Critical; level++)
            json.WriteNumber(level.Word(), Math.Round(pressure.Spent[(int)level].TotalSeconds, 1));
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
