using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Atlas.Pipeline.Fetch;

/// <summary>Takes down what was said around a body, before the handler's own objects are gone.</summary>
internal static class ExchangeCapture
{
    /// <param name="response">Its headers have come; its body need not have.</param>
    /// <param name="peer">Who answered, if known.</param>
    /// <returns>An <see cref="HttpExchange"/> as it is stored.</returns>
    public static byte[] Of(HttpResponseMessage response, IPAddress? peer)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(HttpExchange.MostBytes);
        try
        {
            var lines = new Lines(buffer.AsMemory(0, HttpExchange.MostBytes));
            if (response.RequestMessage is { } request)
                lines.Add(request.Headers);
            var asked = lines.Length;
            lines.AddStatus((int)response.StatusCode, response.ReasonPhrase ?? "");
            lines.Add(response.Headers);
            lines.Add(response.Content.Headers);
            return new HttpExchange
            {
                Version = response.Version,
                Peer = peer,
                Request = buffer.AsMemory(0, asked),
                Response = buffer.AsMemory(asked, lines.Length - asked),
                IsCut = lines.IsCut,
            }.ToBytes();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Header lines as bytes. A line that has no room is left out whole.</summary>
    private struct Lines(Memory<byte> buffer)
    {
        public int Length { get; private set; }

        public bool IsCut { get; private set; }

        public void AddStatus(int status, string reason) => Add(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{status} "), reason, Encoding.Latin1);

        /// <summary>As they came, not parsed and not joined. The handler has read them as Latin-1, but for Location (see <see cref="Transport"/>).</summary>
        public void Add(HttpHeaders headers)
        {
            foreach (var (name, values) in headers.NonValidated)
            {
                var encoding = name.Equals("Location", StringComparison.OrdinalIgnoreCase) ? Encoding.UTF8 : Encoding.Latin1;
                foreach (var value in values)
                    Add(name + ": ", value, encoding);
            }
        }

        private void Add(string start, string rest, Encoding encoding)
        {
            var free = buffer.Span[Length..];
            if (start.Length + encoding.GetByteCount(rest) + 2 > free.Length)
            {
                IsCut = true;
                return;
            }

            var length = Encoding.Latin1.GetBytes(start, free);
            length += encoding.GetBytes(rest, free[length..]);

            // What would end a line early is a blank instead, as RFC 9112, 2.2 and 5.2, has it read.
            free[..length].Replace((byte)'\r', (byte)' ');
            free[..length].Replace((byte)'\n', (byte)' ');
            "\r\n"u8.CopyTo(free[length..]);
            Length += length + 2;
        }
    }
}
