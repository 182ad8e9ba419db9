using System.Buffers;

namespace Atlas.Pipeline.Fetch;

/// <summary>Buffers for bodies: as many of each usual size are kept as bodies may be under way. The shared pool keeps a few of a size for each processor, and with more fetches than that nearly every body was a new array.</summary>
/// <remarks>Any thread may rent and return. What is longer than usual is the shared pool's.</remarks>
/// <param name="most">Buffers of a size that are kept.</param>
internal sealed class BodyPool(int most) : ArrayPool<byte>
{
    private const int Usual = 128 * 1024;

    private readonly ArrayPool<byte> _usual = Create(Usual, most);

    public override byte[] Rent(int minimumLength) => minimumLength <= Usual ? _usual.Rent(minimumLength) : Shared.Rent(minimumLength);

    public override void Return(byte[] array, bool clearArray = false)
    {
        if (array.Length <= Usual)
            _usual.Return(array, clearArray);
        else
            Shared.Return(array, clearArray);
    }
}
