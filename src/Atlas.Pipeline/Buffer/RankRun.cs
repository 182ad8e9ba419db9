namespace Atlas.Pipeline.Buffer;

/// <summary>Ranks of one level in rising order, first in first out: of each, what its sequence number and its time (in milliseconds) are above those of the one before, as numbers of seven bits a byte.</summary>
/// <remarks>In pieces, so that what was taken is given back.</remarks>
internal sealed class RankRun
{
    private const int BytesPerPiece = 512;

    /// <summary>Two numbers of 64 bits.</summary>
    private const int MostBytesPerRank = 20;

    private readonly Queue<Piece> _pieces = new();
    private readonly long _levelled;
    private Piece? _newest;
    private Rank _first;
    private Rank _last;
    private int _read;

    /// <param name="before">What the first one follows; it is not in the run itself.</param>
    public RankRun(Rank before)
    {
        (_first, _last) = (before, before);
        _levelled = before.Urgency - before.Since;
    }

    /// <summary>Memory that it takes, but for itself.</summary>
    public int Bytes => _pieces.Count * BytesPerPiece;

    /// <summary>False for a rank that does not come after the last one, or is of a fraction of a millisecond.</summary>
    public bool TryAppend(Rank rank)
    {
        var (sequence, since) = (rank.Sequence - _last.Sequence, rank.Since - _last.Since);
        if (sequence <= 0 || since < 0 || since % TimeSpan.TicksPerMillisecond != 0 || rank.Urgency - rank.Since != _levelled)
            return false;

        if (_newest is null || _newest.Length + MostBytesPerRank > BytesPerPiece)
            _pieces.Enqueue(_newest = new Piece());
        _newest.Write((ulong)sequence);
        _newest.Write((ulong)(since / TimeSpan.TicksPerMillisecond));
        _last = rank;
        return true;
    }

    /// <summary>The one that follows what was taken last.</summary>
    public bool TryTake(out Rank rank)
    {
        if (_pieces.TryPeek(out var piece) && _read == piece.Length)
        {
            _pieces.Dequeue();
            _read = 0;
            if (!_pieces.TryPeek(out piece))
                _newest = null;
        }

        if (piece is null)
        {
            rank = default;
            return false;
        }

        var sequence = _first.Sequence + (long)piece.Read(ref _read);
        var since = _first.Since + ((long)piece.Read(ref _read) * TimeSpan.TicksPerMillisecond);
        rank = _first = new Rank(since + _levelled, since, sequence);
        return true;
    }

    private sealed class Piece
    {
        private readonly byte[] _bytes = new byte[BytesPerPiece];

        public int Length { get; private set; }

        public void Write(ulong number)
        {
            for (; number >= 0x80; number >>= 7)
                _bytes[Length++] = (byte)(number | 0x80);
            _bytes[Length++] = (byte)number;
        }

        public ulong Read(ref int at)
        {
            ulong number = 0;
            for (var shift = 0; ; shift += 7)
            {
                var part = _bytes[at++];
                number |= (ulong)(part & 0x7F) << shift;
                if (part < 0x80)
                    return number;
            }
        }
    }
}
