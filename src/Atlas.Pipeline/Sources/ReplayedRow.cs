using System.Text.Unicode;

namespace Atlas.Pipeline.Sources;

/// <summary>A dead letter's line as a row of a batch again, as far as a source decides about it.</summary>
internal static class ReplayedRow
{
    /// <summary>Appends a row; the batch has room for it.</summary>
    /// <param name="batch">Where to.</param>
    /// <param name="text">Bytes of its text in use; grows by the line.</param>
    /// <param name="line">As received; the beginning of one that was too long.</param>
    /// <param name="refusedFor">What it was refused for.</param>
    /// <param name="id">Its content id.</param>
    public static ref UrlRow Add(UrlBatch batch, ref int text, ReadOnlySpan<byte> line, Reason refusedFor, UInt128 id)
    {
        line.CopyTo(batch.Text.AsSpan(text));
        ref var row = ref batch.Rows[batch.Count++];
        row = new UrlRow { TextStart = text, TextLength = line.Length };
        text += line.Length;
        if (refusedFor == Reason.LineTooLong)
        {
            // Its beginning is all that was kept, and is no URL of its own.
            row.ContentId = id;
            row.Reject(Reason.LineTooLong);
        }
        else if (!Utf8.IsValid(line))
        {
            row.Reject(Reason.NotUtf8);
        }

        return ref row;
    }
}
