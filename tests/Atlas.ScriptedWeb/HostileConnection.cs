using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Atlas.ScriptedWeb;

/// <summary>One connection to the <see cref="HostileSite"/>: raw bytes in and out.</summary>
internal sealed class HostileConnection(Socket client, CancellationToken stopping)
{
    private readonly byte[] _read = new byte[4 * 1024];
    private string _pending = "";

    /// <summary>Whether the answer was the last on this connection.</summary>
    public bool Ended { get; set; }

    /// <summary>Reads one request without a body and gives its target; null at the end.</summary>
    /// <param name="most">Bytes of a head.</param>
    public async Task<string?> ReadTargetAsync(int most)
    {
        int end;
        while ((end = _pending.IndexOf("\r\n\r\n", StringComparison.Ordinal)) < 0)
        {
            var count = await client.ReceiveAsync(_read, stopping);
            if (count == 0 || _pending.Length > most)
                return null;
            _pending += Encoding.Latin1.GetString(_read, 0, count);
        }

        var words = _pending[..end].Split(' ', 3);
        _pending = _pending[(end + 4)..];
        return words.Length == 3 ? words[1] : null;
    }

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
            bytes = bytes[await client.SendAsync(bytes, SocketFlags.None, stopping)..];
    }

    /// <summary>A whole page of its own, or rules that allow everything.</summary>
    public Task SendPageAsync(string target) => target == "/robots.txt"
        ? SendWholeAsync("200 OK", "Content-Type: text/plain\r\n", "User-agent: *\nDisallow:\n"u8.ToArray())
        : SendWholeAsync("200 OK", "Content-Type: text/html\r\n", Pages.Html(700, target));

    /// <summary>An answer with a true length.</summary>
    /// <param name="status">Code and words.</param>
    /// <param name="headers">Each with its line end.</param>
    /// <param name="body">As it is sent.</param>
    public Task SendWholeAsync(string status, string headers, byte[] body) =>
        SendAsync((byte[])[.. Encoding.Latin1.GetBytes(string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 {status}\r\n{headers}Content-Length: {body.Length}\r\n\r\n")), .. body]);

    /// <summary>Sends the same again and again until the client leaves.</summary>
    /// <param name="piece">What.</param>
    /// <param name="pause">Between two.</param>
    public async Task SendForeverAsync(byte[] piece, TimeSpan pause)
    {
        while (true)
        {
            await SendAsync(piece);
            if (pause > TimeSpan.Zero)
                await Task.Delay(pause, TimeProvider.System, stopping);
        }
    }

    /// <summary>Says nothing more, and is done when the client has left.</summary>
    public async Task WaitForLeaveAsync()
    {
        Ended = true;
        while (await client.ReceiveAsync(_read, stopping) > 0)
        {
            // Whatever it says.
        }
    }

    public void Close()
    {
        Ended = true;
        client.Close();
    }

    /// <summary>Ends with a reset instead of a close.</summary>
    public void Reset()
    {
        client.LingerState = new LingerOption(true, 0);
        Close();
    }
}
