using System.Buffers;
using System.Text;
using Atlas.Urls;

namespace Atlas.Pipeline.Write;

/// <summary>Writes rows out as lines of text, one write and one flush for each batch.</summary>
/// <remarks>An end of the way: it releases each batch after it was written. Used by one thread at a time. A reader that went away (<see cref="IOException"/>) is the caller's to handle.</remarks>
internal sealed class WriteStage(WriteOptions options, Stream output) : IAsyncDisposable
{
    private readonly ArrayBufferWriter<byte> _lines = new(UrlBatch.TextCapacity);
    private readonly JsonRowWriter? _json = options.IsJson ? new JsonRowWriter() : null;

    /// <summary>Opens what the settings name; a file is appended to, so that an earlier run's lines stay.</summary>
    /// <exception cref="IOException">The file cannot be used, or it holds no lines.</exception>
    public static WriteStage Open(WriteOptions options, Stream standardOutput) =>
        new(options, options.To == WriteOptions.Stdout ? standardOutput : LineFile.OpenToAppend(options.To));

    /// <summary>Writes one batch and releases it.</summary>
    /// <param name="batch">The batch; no longer the caller's.</param>
    /// <param name="written">Told of the batch between the two: when it is written, while its rows are still there.</param>
    public async ValueTask TakeAsync(UrlBatch batch, Action<UrlBatch>? written = null)
    {
        _lines.ResetWrittenCount();
        Format(batch);
        if (_lines.WrittenCount > 0)
        {
            await output.WriteAsync(_lines.WrittenMemory);
            await output.FlushAsync();
        }

        written?.Invoke(batch);
        batch.Release();
    }

    public async ValueTask DisposeAsync()
    {
        _json?.Dispose();
        await output.DisposeAsync();
    }

    private void Format(UrlBatch batch)
    {
        foreach (ref var row in batch.ActiveRows)
        {
            if (!Takes(row))
                continue;
            if (_json is null)
                WriteTabbed(batch, row);
            else
                _json.Write(_lines, batch, ref row);
            _lines.Write("\n"u8);
        }
    }

    private bool Takes(in UrlRow row) => row.Fate switch
    {
        Fate.Forward => options.TakesForward,
        Fate.Drop => options.TakesDuplicates,
        _ => options.TakesRejected,
    };

    private void WriteTabbed(UrlBatch batch, in UrlRow row)
    {
        WriteField(batch.TextOf(row));
        if (row.Fate == Fate.Forward)
        {
            _lines.Write("\t"u8);
            WriteField(batch.CanonicalOf(row));
            return;
        }

        _lines.Write("\t!error "u8);
        Encoding.ASCII.GetBytes(row.Reason.Name, _lines);
        if (row.Flaw == CanonicalizationError.None)
            return;
        _lines.Write(" "u8);
        _lines.Write(CanonicalizationErrorNames.Of(row.Flaw));
    }

    // A tab or CR inside would be taken for the end of a column or line: it is written as a URL spells it.
    private void WriteField(ReadOnlySpan<byte> bytes)
    {
        for (int at; (at = bytes.IndexOfAny((byte)'\t', (byte)'\r')) >= 0; bytes = bytes[(at + 1)..])
        {
            _lines.Write(bytes[..at]);
            _lines.Write(bytes[at] == '\t' ? "%09"u8 : "%0D"u8);
        }

        _lines.Write(bytes);
    }
}
