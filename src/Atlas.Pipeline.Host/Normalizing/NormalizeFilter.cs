using Atlas.Urls;

namespace Atlas.Pipeline.Host.Normalizing;

/// <summary>Lines in, the same lines with their canonical forms out: <c>input TAB canonical</c>, or <c>input TAB !error reason</c>, in the same order.</summary>
internal sealed class NormalizeFilter(CanonicalizationRules rules, bool readsJson)
{
    private readonly Canonicalizer _canonicalizer = new(rules);
    private byte[] _canonical = new byte[64 * 1024];

    public void Run(Stream input, Stream output)
    {
        var lines = new LineReader(input);
        // Not disposed: after a failed write that would only fail again.
        var buffered = new BufferedStream(output, 256 * 1024);
        while (lines.TryRead(out var line))
        {
            buffered.Write(line);
            buffered.WriteByte((byte)'\t');
            Write(line, buffered);
            buffered.WriteByte((byte)'\n');
        }

        buffered.Flush();
    }

    private void Write(ReadOnlySpan<byte> line, BufferedStream output)
    {
        if (readsJson)
        {
            if (!JsonLiteral.TryRead(line, out var text))
            {
                output.Write("!error not_a_json_string"u8);
                return;
            }

            line = text;
        }

        var needed = Canonicalizer.MaxLength(line.Length);
        if (_canonical.Length < needed)
            _canonical = new byte[2 * needed];
        var error = _canonicalizer.TryCanonicalize(line, _canonical, out var result);
        if (error == CanonicalizationError.None)
        {
            output.Write(_canonical, 0, result.Length);
            return;
        }

        output.Write("!error "u8);
        output.Write(CanonicalizationErrorNames.Of(error));
    }
}
