using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Atlas.Pipeline.LoadTests.Fetching;

/// <summary>A thousand hosts in one process that costs little: every address of 127.0.0.0/8 answers on one port with pages of 10,000 bytes, each its own, robots.txt, and what was asked for so far.</summary>
/// <remarks>Bare sockets, as the machine is shared with the client that is measured. A request is expected whole and alone, as clients of HTTP/1.1 send it that do not pipeline.</remarks>
internal sealed class LoopbackSite : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Lock _gate = new();
    private readonly Queue<(long Due, SiteConnection Connection)> _thinking = new();
    private readonly bool[] _asked;
    private readonly int _latencyMilliseconds;
    private long _served;
    private long _distinct;
    private long _firstAt;

    /// <param name="pages">Pages there are, from 1.</param>
    /// <param name="latencyMilliseconds">What a page takes; robots.txt takes nothing.</param>
    public LoopbackSite(int pages, int latencyMilliseconds)
    {
        _asked = new bool[pages + 1];
        _latencyMilliseconds = latencyMilliseconds;
        _listener.Bind(new IPEndPoint(IPAddress.Any, 0));
        _listener.Listen(4_096);
        if (latencyMilliseconds > 0)
            new Thread(AnswerLater) { IsBackground = true, Name = "answers" }.Start();
        new Thread(Accept) { IsBackground = true, Name = "accepts" }.Start();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>The process: says its port, and lives until its standard input ends.</summary>
    public static void Serve(int pages, int latencyMilliseconds)
    {
        using var site = new LoopbackSite(pages, latencyMilliseconds);
        Console.WriteLine(site.Port.ToString(CultureInfo.InvariantCulture));
        while (Console.ReadLine() is not null)
        {
            // Nothing is said to it.
        }
    }

    /// <summary>Notes that a page was asked for, and answers now or when it has thought.</summary>
    public void Answer(int page, SiteConnection connection)
    {
        lock (_gate)
        {
            if (_served++ == 0)
                _firstAt = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
            if (!_asked[page])
                _distinct++;
            _asked[page] = true;
            if (_latencyMilliseconds > 0)
            {
                _thinking.Enqueue((Environment.TickCount64 + _latencyMilliseconds, connection));
                return;
            }
        }

        connection.Send();
    }

    public bool Has(int page) => page > 0 && page < _asked.Length;

    /// <summary>Pages served, distinct ones, and when the first was asked for (Unix milliseconds), as text; and begins to count anew.</summary>
    public byte[] TakeCounts()
    {
        lock (_gate)
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"{_served} {_distinct} {_firstAt}");
            (_served, _distinct, _firstAt) = (0, 0, 0);
            Array.Clear(_asked);
            return Encoding.ASCII.GetBytes(text);
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Accept()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = _listener.Accept();
            }
            catch (SocketException)
            {
                // The process ends.
                return;
            }

            // The connection is its client's to end.
            socket.NoDelay = true;
            var connection = new SiteConnection(this, socket);
            connection.Receive();
        }
    }

    /// <summary>All think equally long, so who came first is first done.</summary>
    private void AnswerLater()
    {
        while (true)
        {
            SiteConnection? next = null;
            lock (_gate)
            {
                if (_thinking.TryPeek(out var first) && first.Due <= Environment.TickCount64)
                    next = _thinking.Dequeue().Connection;
            }

            if (next is null)
                Thread.Sleep(1);
            else
                next.Send();
        }
    }
}
